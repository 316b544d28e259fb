//! Criterion's view of the cases, one runtime after the other.
//!
//! Its confidence intervals are of use on a quiet machine. To compare runtimes on any other, run the `compare` binary.

use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use unstall_benches::{Group, runtimes, start};

fn main() {
    let runtimes = runtimes();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    start(&runtimes, workers);

    let mut criterion = Criterion::default().configure_from_args();
    let cases = runtimes[0].cases.clone();
    for (index, case) in cases.iter().enumerate() {
        let mut group = criterion.benchmark_group(case.name);
        group
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(2))
            .sample_size(match case.group {
                // Some rivals take half a second for a run of these.
                Group::Stall => 10,
                Group::Tokio | Group::Own => 30,
            });
        for runtime in &runtimes {
            let Some(run) = runtime.cases[index].run() else {
                continue;
            };
            group.bench_function(runtime.name, |bencher| {
                bencher.iter_custom(|iterations| (0..iterations).map(|_| run().time).sum());
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
