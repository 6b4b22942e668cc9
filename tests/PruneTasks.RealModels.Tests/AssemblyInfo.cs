using PruneTasks.RealModels.Tests;

[assembly: AssemblyFixture(typeof(RealWorker))]
// A run uses all cores itself.
[assembly: Xunit.v3.Parallelization(MaxThreads = 1)]
