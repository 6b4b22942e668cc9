using PruneTasks.EndToEnd.Tests;

// The package is packed once for all tests.
[assembly: AssemblyFixture(typeof(PackedPackage))]
// Each test runs builds, which use several cores themselves.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]
