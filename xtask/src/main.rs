//! The workshop: one place for set-up, the widget's build, the demo, the tests and the figures.
//! It is never part of what a shop or an agent runs.

mod bench;
mod clock;
mod deb;
mod demo;
mod group;
mod place;
mod program;
mod ready;
mod say;
mod serve;
mod setup;
mod test;
mod widget;
mod yardstick;

use std::process::ExitCode;

use argh::FromArgs;

/// Warifu's workshop. Start with `cargo xtask demo`.
#[derive(FromArgs)]
struct Workshop {
    #[argh(subcommand)]
    job: Job,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Job {
    Setup(setup::SetupJob),
    Widget(widget::WidgetJob),
    Demo(demo::DemoJob),
    Test(test::TestJob),
    Bench(bench::BenchJob),
    Deb(deb::DebJob),
    Serve(serve::ServeJob),
    Yardstick(yardstick::YardstickJob),
}

fn main() -> ExitCode {
    let outcome = match argh::from_env::<Workshop>().job {
        Job::Setup(job) => setup::run(&job),
        Job::Widget(job) => widget::run(&job),
        Job::Demo(job) => demo::run(&job),
        Job::Test(job) => return test::run(&job),
        Job::Bench(job) => bench::run(&job),
        Job::Deb(job) => deb::run_job(&job),
        Job::Serve(job) => serve::run(&job),
        Job::Yardstick(job) => yardstick::run(&job),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            say::trouble(&trouble);
            ExitCode::FAILURE
        }
    }
}
