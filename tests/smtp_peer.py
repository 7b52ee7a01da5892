"""A real SMTP server for the tests: writes each message it accepts into a folder, one file each.

Arguments: folder. Prints the port it listens on. A file named `refuse` in the folder holds the
reply (for example "451 try again later") with which it then refuses every recipient.
"""

import asyncio
import pathlib
import sys
import time

from aiosmtpd.controller import Controller


class Keeper:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        refuse = self.folder / "refuse"
        if refuse.exists():
            return refuse.read_text().strip()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{time.time_ns():020d}-{self.count:05d}.eml"
        unfinished = self.folder / (name + ".part")
        unfinished.write_bytes(envelope.original_content or envelope.content)
        unfinished.rename(self.folder / name)
        return "250 Message accepted"


class AnyPort(Controller):
    """aiosmtpd's controller connects to its own port to see that it is up, so it must be known."""


async def main():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = AnyPort(Keeper(sys.argv[1]), hostname="127.0.0.1", port=port)
    controller.start()
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
