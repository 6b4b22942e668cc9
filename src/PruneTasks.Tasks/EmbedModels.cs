using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Build.Framework;
using PruneTasks.Caching;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Embedding;
using PruneTasks.Tasks.Running;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks;

/// <summary>
/// Says which files become resources of the assembly and which lie beside the app: each model as <c>deploy</c> of its spec and
/// <c>PruneTasksEmbedLimit</c> ask, and its card. Compresses and hashes only what changed. Where nothing did <see cref="DescribeModels"/> has said so
/// already, and this task is not run.
/// </summary>
public sealed class EmbedModels : Microsoft.Build.Utilities.Task
{
    private const long DefaultLimit = 256L << 20;

    /// <summary>The described models.</summary>
    [Required]
    public ITaskItem[] Models { get; set; } = [];

    /// <summary>Gets one folder for each model: <c>obj/prunetasks</c>.</summary>
    [Required]
    public string OutputDirectory { get; set; } = "";

    /// <summary>The worker's assembly, which compresses.</summary>
    [Required]
    public string WorkerAssembly { get; set; } = "";

    /// <summary>Whether the pruned models are taken, not the dense ones.</summary>
    public bool Pruned { get; set; }

    /// <summary>Largest model that is embedded without being asked for, as <c>256MB</c>.</summary>
    public string? EmbedLimit { get; set; }

    /// <summary>The program that runs the build, if it is <c>dotnet</c>.</summary>
    public string? DotNetHostPath { get; set; }

    /// <summary>Folder of the .NET SDK's <c>dotnet</c>.</summary>
    public string? NetCoreRoot { get; set; }

    /// <summary>Files to embed, with the metadata Resource.</summary>
    [Output]
    public ITaskItem[] Resources { get; set; } = [];

    /// <summary>Files to copy beside the app, with the metadata TargetPath.</summary>
    [Output]
    public ITaskItem[] Beside { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        List<ITaskItem> resources = [];
        List<ITaskItem> beside = [];
        foreach (ITaskItem item in Models)
        {
            var folder = new ModelFolder(Path.Combine(OutputDirectory, item.GetMetadata("Name")));
            if (Plan(folder) is not { } plan)
                continue;
            plan.AddTo(resources, beside, item.GetMetadata("Resource"));
        }

        Resources = [.. resources];
        Beside = [.. beside];
        return !Log.HasLoggedErrors;
    }

    private EmbedPlan? Plan(ModelFolder folder)
    {
        if (ModelRecord.Read(folder.Record) is not { } record)
        {
            Log.Report(PruneDiagnostics.ContractUnreadable.In(null, folder.Record, "describing the model did not write it"));
            return null;
        }

        List<PruneDiagnostic> diagnostics = [];
        EmbedPlan? plan = null;
        try
        {
            plan = new EmbedPlanner(folder, record, Pruned, Limit(record), Compress).Plan(diagnostics);
        }
        catch (ContractFormatException e)
        {
            Log.Report(PruneDiagnostics.ContractUnreadable.In(record.Spec, folder.Result, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Report(PruneDiagnostics.NotWritten(record.Spec, folder.Directory, e));
        }

        foreach (PruneDiagnostic diagnostic in diagnostics)
            Log.Report(diagnostic);
        return plan;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string? Compress(string source, string target) =>
        DotNetHost.Find(DotNetHostPath, NetCoreRoot, Environment.GetEnvironmentVariable("PATH")) is { } host
            ? Compressor.Run(host, WorkerAssembly, source, target)
            : "there is no dotnet on the path";

    private EmbedLimit Limit(ModelRecord record)
    {
        if (string.IsNullOrEmpty(EmbedLimit))
            return new EmbedLimit(DefaultLimit, "");
        if (CacheSize.Parse(EmbedLimit!) is { } limit)
            return new EmbedLimit(limit, EmbedLimit!);
        Log.Report(PruneDiagnostics.PropertyIgnored.In(record.Spec, "PruneTasksEmbedLimit", EmbedLimit!, "a size such as 256MB", CacheSize.Format(DefaultLimit)));
        return new EmbedLimit(DefaultLimit, DefaultLimit.ToString(CultureInfo.InvariantCulture));
    }
}
