using System.Diagnostics;
using System.Text;

namespace PruneTasks.EndToEnd.Tests;

/// <summary>Where a build is. Kills are spread over these, so that short ones are met as often as long ones.</summary>
internal enum KillPhase
{
    /// <summary>From the start of <c>dotnet</c> until a worker is about to start.</summary>
    BeforeWorker,

    /// <summary>The worker's process starts.</summary>
    WorkerStart,

    /// <summary>It has told its first stage: it reads, measures and plans.</summary>
    Calibration,

    /// <summary>It has written its first checkpoint, and builds.</summary>
    Checkpoints,

    /// <summary>The first file of the result is there. Until the files are in their places and in the cache.</summary>
    Writing,

    /// <summary>The stamp is there; the compiler embeds the model.</summary>
    Embedding,
}

/// <summary>Sees in which phase a build is: by what it prints, and by the files of its model's folder.</summary>
/// <param name="folder"><c>obj/prunetasks/name</c>.</param>
/// <param name="name">Name of the model.</param>
/// <param name="output">What the build has printed so far; also the lock for it.</param>
internal sealed class PhaseWatch(string folder, string name, StringBuilder output)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether the build has come as far as this.</summary>
    public bool Reached(KillPhase phase) => phase switch
    {
        KillPhase.BeforeWorker => true,
        KillPhase.WorkerStart => Printed().Contains($"{name}: pruning", StringComparison.Ordinal) || Reached(KillPhase.Calibration),
        KillPhase.Calibration => Printed().Contains($"{name}: read model and data", StringComparison.Ordinal) || Reached(KillPhase.Checkpoints),
        KillPhase.Checkpoints => File.Exists(Path.Combine(folder, "checkpoint", "step.json")) || Reached(KillPhase.Writing),
        KillPhase.Writing => Staged() || Reached(KillPhase.Embedding),
        _ => Printed().Contains("report.html", StringComparison.Ordinal),
    };

    /// <summary>Waits for a phase, or for the end of the build.</summary>
    public async Task Wait(KillPhase phase, Process build)
    {
        while (!build.HasExited && !Reached(phase))
            await Task.Delay(Poll);
    }

    private bool Staged()
    {
        try
        {
            return Directory.Exists(Path.Combine(folder, "staging"))
                && Directory.EnumerateFiles(Path.Combine(folder, "staging"), "*.onnx*", SearchOption.AllDirectories).Any();
        }
        catch (IOException)
        {
            // It went while it was looked at.
            return true;
        }
    }

    private string Printed()
    {
        lock (output)
            return output.ToString();
    }
}
