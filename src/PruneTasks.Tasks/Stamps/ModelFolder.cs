using PruneTasks.Spec.Contracts;

namespace PruneTasks.Tasks.Stamps;

/// <summary>The files of one model under <c>obj/prunetasks</c>.</summary>
/// <param name="Directory">The folder, full path; its name is the model's.</param>
internal sealed record ModelFolder(string Directory)
{
    /// <summary>Name of the model.</summary>
    public string Name => Path.GetFileName(Directory.TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar));

    /// <summary>What the generator reads.</summary>
    public string Manifest => Path.Combine(Directory, Name + ".manifest.json");

    /// <summary>The tokenizer, where the spec names one: a resource of the app.</summary>
    public string Tokenizer => Path.Combine(Directory, Name + ".tokenizer.json");

    /// <summary>The file that belongs to the tokenizer, where there is one.</summary>
    public string TokenizerData => Path.Combine(Directory, Name + ".tokenizer.bin");

    /// <summary>What describing found.</summary>
    public string Record => Path.Combine(Directory, Name + ".record.txt");

    /// <summary>The pruned model.</summary>
    public string Pruned => Path.Combine(Directory, Name + ".pruned.onnx");

    /// <summary>Its weights, where they are more than one file can hold.</summary>
    public string PrunedData => Pruned + ResultFiles.DataSuffix;

    /// <summary>Says that <see cref="Pruned"/> is right.</summary>
    public string Stamp => Path.Combine(Directory, Name + ".stamp.txt");

    /// <summary>The report for programs.</summary>
    public string Report => Path.Combine(Directory, "report.json");

    /// <summary>The report for people.</summary>
    public string Page => Path.Combine(Directory, "report.html");

    /// <summary>The outcome of the last good run.</summary>
    public string Result => Path.Combine(Directory, "result.json");

    /// <summary>What was last prepared for the assembly, and of what.</summary>
    public string Embedding => Path.Combine(Directory, Name + ".embed.txt");

    /// <summary>The model as a compressed resource.</summary>
    public string Compressed => Path.Combine(Directory, Name + ".embed.br");

    /// <summary>The resource that stands for a model beside the app.</summary>
    public string Pointer => Path.Combine(Directory, Name + ".embed.json");

    /// <summary>What pruning did, as the generated class's card shows it.</summary>
    public string Card => Path.Combine(Directory, Name + ".card.json");

    /// <summary>What the worker was asked.</summary>
    public string Request => Path.Combine(Directory, "request.json");

    /// <summary>What the worker printed.</summary>
    public string Log => Path.Combine(Directory, "worker.log");

    /// <summary>Held by the build that prunes.</summary>
    public string Lock => Path.Combine(Directory, "lock");

    /// <summary>Accepted steps of a build in steps, for a run after one that was killed; not in <see cref="Staging"/>, which each run empties.</summary>
    public string Checkpoint => Path.Combine(Directory, "checkpoint");

    /// <summary>Everything of a running worker; on the same volume, so that files move at once. Removed before and after each run.</summary>
    public string Staging => Path.Combine(Directory, "staging");

    /// <summary>Removes a folder as well as it goes: the worker of a build that was killed may still write there for a moment.</summary>
    public static void RemoveAll(string folder)
    {
        try
        {
            if (System.IO.Directory.Exists(folder))
                System.IO.Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>
    /// Where one run of the worker writes. Not the staging folder itself, because the worker has temporary files beside its output; and another one
    /// for each run, because the worker of a build that was killed may still be writing.
    /// </summary>
    public string StagedOutput(string run) => Path.Combine(Staging, run, Name);
}
