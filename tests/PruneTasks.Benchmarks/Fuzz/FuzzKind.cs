namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>What is tried, and what it may take.</summary>
/// <param name="Name">On the command line of <c>fuzz-batch</c>.</param>
/// <param name="MostSeconds">Processor time; a mutant that takes more hangs.</param>
/// <param name="MostAllocated">Managed memory that one mutant may allocate, in total.</param>
/// <param name="MostResident">Growth of the resident set while one mutant is tried, beyond what the libraries take.</param>
/// <param name="PerProcess">Mutants in one process.</param>
/// <param name="GrowsAtEach">The growth is that since the mutant began; otherwise since the first one did.</param>
internal sealed record FuzzKind(string Name, int MostSeconds, long MostAllocated, long MostResident, int PerProcess, bool GrowsAtEach = false)
{
    /// <summary>Models, up to the removal of units.</summary>
    public static readonly FuzzKind Onnx = new("onnx", 10, 1L << 30, 2L << 30, PerProcess: 2500);

    /// <summary>Specs.</summary>
    public static readonly FuzzKind Spec = new("spec", 10, 1L << 30, 2L << 30, PerProcess: 2500);

    /// <summary>Models, from the request of a build to the pruned file: a valid one takes seconds, and torch and ONNX Runtime run all along.</summary>
    public static readonly FuzzKind Whole = new("whole", 60, 4L << 30, 2L << 30, PerProcess: 50, GrowsAtEach: true);
}
