namespace PruneTasks.Torch.Native;

/// <summary>Makes results independent of the number of threads, where the user asks for it: torch works on one then.</summary>
/// <remarks>
/// torch, MKL and oneDNN divide sums among threads, so they are rounded in another order with another number of them. MKL's mode COMPATIBLE
/// fixes the order of its products only: a transformer became equal by it, a convolutional network did not (docs/decisions/0024).
/// </remarks>
public static class ThreadIndependence
{
    /// <summary>The environment variable: <c>1</c> asks for it.</summary>
    public const string Variable = "PRUNETASKS_REPRODUCIBLE";

    /// <summary>Whether the user asks for it.</summary>
    public static bool IsWanted => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Threads for torch.</summary>
    /// <param name="wanted">As the request has it; 0 for one for each processor.</param>
    public static int Threads(int wanted) => IsWanted ? 1 : wanted > 0 ? wanted : Environment.ProcessorCount;

    /// <summary>What it costs, for the log.</summary>
    /// <param name="wanted">As the request has it.</param>
    public static string Cost(int wanted) =>
        $"{Variable}: torch works on 1 thread in place of {(wanted > 0 ? wanted : Environment.ProcessorCount)}, so that the bytes do not depend on their number; with 2 it would take about 0.6 of the time";
}
