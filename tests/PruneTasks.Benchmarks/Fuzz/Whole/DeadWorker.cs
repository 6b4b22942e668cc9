using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.BuildTesting;
using PruneTasks.Tasks;
using PruneTasks.Tasks.Tests;

namespace PruneTasks.Benchmarks.Fuzz.Whole;

/// <summary>What a build says of a mutant that ended the process it was tried in: the tasks of the build run the worker on it.</summary>
internal static class DeadWorker
{
    /// <summary>Runs a build's tasks on a mutant.</summary>
    /// <returns>The ids of the errors, and their texts; no ids if the worker of a build does not fail.</returns>
    public static (string Ids, string Words) Ask(WholeFiles files, int minutes)
    {
        var engine = new RecordingEngine();
        string worker = Repository.BuildOutput("src", "PruneTasks.Worker", "net8.0", "PruneTasks.Worker.dll"), models = Path.Combine(files.Folder, "obj");
        _ = new DescribeModels
        {
            BuildEngine = engine, Models = [new TaskItem(files.Spec)], ProjectDirectory = files.Folder, OutputDirectory = models, ToolAssembly = worker, NativeVersions = "",
        }.Execute() && new RunWorker
        {
            BuildEngine = engine, ModelDirectory = Path.Combine(models, WholeFiles.Name), WorkerAssembly = worker, DotNetHostPath = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"), Threads = 1,
            TimeLimit = minutes.ToString(System.Globalization.CultureInfo.InvariantCulture),
        }.Execute();
        BuildErrorEventArgs[] errors = [.. engine.Errors];
        return (string.Join('+', errors.Select(e => e.Code).Distinct().Order(StringComparer.Ordinal)), string.Join(" | ", errors.Select(e => e.Message)));
    }
}
