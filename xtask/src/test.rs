//! Everything that must hold before a change lands, in the order of how soon it can tell.
//! The last line is `N passed, N failed` over all steps; a step without tests counts as one.

mod steps;
mod tally;
mod trunk;

use std::process::ExitCode;

use argh::FromArgs;

use crate::clock::Stopwatch;
use crate::{group, say, setup};
use steps::Step;
use tally::Tally;

/// Run all checks and tests, or those tests whose name contains the filter.
#[derive(FromArgs)]
#[argh(subcommand, name = "test")]
pub struct TestJob {
    /// only tests whose name contains this; leaves out lints, documentation and trunk
    #[argh(positional)]
    filter: Option<String>,
    /// also build and serve once with trunk (CI does)
    #[argh(switch)]
    trunk: bool,
}

/// `cargo xtask test`
pub fn run(job: &TestJob) -> ExitCode {
    let whole = Stopwatch::start();
    let mut tally = Tally::default();
    if let Err(trouble) = install(job) {
        say::trouble(&trouble);
        tally.fail("set-up");
    } else {
        run_steps(&steps::plan(job.filter.clone(), wants_trunk(job)), &mut tally);
    }
    tally.print_failures();
    say::line(&format!("\nAll steps took {}.", say::duration(whole.elapsed())));
    say::line(&tally.to_string());
    match tally.failed() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn run_steps(plan: &[Step], tally: &mut Tally) {
    for (number, step) in plan.iter().enumerate() {
        say::line(&format!("\n── {} of {}: {}", number + 1, plan.len(), step.name));
        let watch = Stopwatch::start();
        let outcome = (step.run)(step, tally);
        let time = say::duration(watch.elapsed());
        match outcome {
            Ok(()) => say::line(&format!("── {} took {time}", step.name)),
            Err(trouble) => {
                say::trouble(&trouble);
                say::line(&format!("── {} failed after {time}", step.name));
                if step.others_need_it || group::interrupted() {
                    let left: Vec<_> = plan[number + 1..].iter().map(|step| step.name).collect();
                    say::line(&format!("── not run: {}", left.join(", ")));
                    return;
                }
            }
        }
    }
}

fn install(job: &TestJob) -> anyhow::Result<()> {
    setup::ensure(setup::FOR_TESTS)?;
    match wants_trunk(job) {
        true => setup::ensure(setup::FOR_TRUNK),
        false => Ok(()),
    }
}

fn wants_trunk(job: &TestJob) -> bool {
    job.filter.is_none() && (job.trunk || std::env::var_os("CI").is_some_and(|ci| ci == "true"))
}
