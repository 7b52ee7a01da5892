"""A real SMTP server for the tests: writes each message it accepts into a folder, one file each.

Arguments: folder, port (0: any). Prints the port it listens on. Files in the folder are its moods:
`refuse` holds the reply (for example "451 try again later") with which it refuses every recipient,
`refuse-once` that for one recipient; with `lose` it accepts messages and forgets them; the number
in `slow` is for how many seconds it says nothing once it has the next message.
"""

import asyncio
import pathlib
import socket
import sys
import time

from aiosmtpd.controller import Controller


class Keeper:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    def mood(self, name, once=False):
        file = self.folder / name
        said = file.read_text().strip() if file.exists() else None
        if said and once:
            file.unlink()
        return said

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := self.mood("refuse") or self.mood("refuse-once", once=True):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.mood("lose"):
            return "250 Message accepted"
        self.count += 1
        name = f"{time.time_ns():020d}-{self.count:05d}.eml"
        unfinished = self.folder / (name + ".part")
        unfinished.write_bytes(envelope.original_content or envelope.content)
        unfinished.rename(self.folder / name)
        if seconds := self.mood("slow", once=True):
            await asyncio.sleep(int(seconds))
        return "250 Message accepted"


class AnyPort(Controller):
    """aiosmtpd's controller connects to its own port to see that it is up, so it must be known."""


async def main():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
        port = probe.getsockname()[1]
    controller = AnyPort(Keeper(sys.argv[1]), hostname="127.0.0.1", port=port)
    controller.start()
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
