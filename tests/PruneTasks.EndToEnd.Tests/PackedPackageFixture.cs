namespace PruneTasks.EndToEnd.Tests;

/// <content>Packed by the test framework before the first test; the benchmarks, which have no framework, pack it themselves.</content>
public sealed partial class PackedPackage : IAsyncLifetime;
