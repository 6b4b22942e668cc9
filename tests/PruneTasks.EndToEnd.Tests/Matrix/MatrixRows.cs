using System.Diagnostics;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>One way to build, and what came of it.</summary>
/// <param name="Way">What was done.</param>
/// <param name="Expected">What has to hold.</param>
/// <param name="Seconds">What it took.</param>
/// <param name="NotRun">What this machine lacks for it; null if it was run.</param>
/// <param name="Problem">What did not hold; null if all did.</param>
internal sealed record MatrixRow(string Way, string Expected, double Seconds, string? NotRun, string? Problem);

/// <summary>This machine lacks what a row needs. Said by name, never taken for a success.</summary>
internal sealed class NotRunException(string lacking) : Exception(lacking)
{
    /// <summary>Throws unless something is there.</summary>
    public static void Unless(bool there, string lacking)
    {
        if (!there)
            throw new NotRunException(lacking);
    }
}

/// <summary>Rows of the matrix that share what is expensive: an app that has been restored and built.</summary>
/// <param name="Name">For people and for tests.</param>
/// <param name="Run">Runs the rows.</param>
internal sealed record MatrixGroup(string Name, Func<MatrixRows, Task> Run)
{
    /// <summary>Runs the rows of this group.</summary>
    /// <param name="package">The package under test.</param>
    /// <param name="each">Told of each row.</param>
    public async Task<IReadOnlyList<MatrixRow>> All(PackedPackage package, Action<MatrixRow>? each = null)
    {
        var rows = new MatrixRows(package, each);
        await Run(rows);
        return rows.Done;
    }
}

/// <summary>Runs rows and keeps what came of each.</summary>
internal sealed class MatrixRows(PackedPackage package, Action<MatrixRow>? each)
{
    private readonly List<MatrixRow> _done = [];

    /// <summary>The package under test.</summary>
    public PackedPackage Package { get; } = package;

    /// <summary>The rows so far.</summary>
    public IReadOnlyList<MatrixRow> Done => _done;

    /// <summary>Runs one row; what it throws is its outcome, and the next row comes in any case.</summary>
    public async Task Row(string way, string expected, Func<Task> check)
    {
        long start = Stopwatch.GetTimestamp();
        string? lacking = null, problem = null;
        try
        {
            await check();
        }
        catch (NotRunException e)
        {
            lacking = e.Message;
        }
#pragma warning disable CA1031 // Whatever it is, it is the outcome of this row.
        catch (Exception e)
#pragma warning restore CA1031
        {
            problem = e.Message;
        }

        var row = new MatrixRow(way, expected, Stopwatch.GetElapsedTime(start).TotalSeconds, lacking, problem);
        _done.Add(row);
        each?.Invoke(row);
    }
}
