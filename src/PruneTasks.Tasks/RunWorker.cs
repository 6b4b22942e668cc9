using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Caching;
using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Tasks.Caching;
using PruneTasks.Tasks.Common;
using PruneTasks.Tasks.Running;
using PruneTasks.Tasks.Stamps;

namespace PruneTasks.Tasks;

/// <summary>
/// Prunes one model: writes the request, runs the worker in a process of its own, and takes over its files. What counts is
/// <c>result.json</c> together with the exit code; what the worker prints is only logged. A worker that fails, dies or is cancelled leaves
/// the folder as it was.
/// </summary>
public sealed class RunWorker : ToolTask
{
    // Read by the worker (ParentWatch).
    private const string ParentVariable = "PRUNETASKS_PARENT";

    private readonly CancellationTokenSource _cancelled = new();
    private readonly Stopwatch _clock = new();
    private readonly StringBuilder _output = new();
    private string _host = "";
    private string _staged = "";
    private bool _timedOut;
    private ModelFolder _folder = new("");

    /// <summary>Lets other projects build in this node while the worker runs.</summary>
    public RunWorker() => YieldDuringToolExecution = true;

    /// <summary>The model's folder under <c>obj/prunetasks</c>.</summary>
    [Required]
    public string ModelDirectory { get; set; } = "";

    /// <summary>The worker's assembly.</summary>
    [Required]
    public string WorkerAssembly { get; set; } = "";

    /// <summary>The program that runs the build, if it is <c>dotnet</c>.</summary>
    public string? DotNetHostPath { get; set; }

    /// <summary>Folder of the .NET SDK's <c>dotnet</c>.</summary>
    public string? NetCoreRoot { get; set; }

    /// <summary>Folder with libtorch.</summary>
    public string? LibTorchDirectory { get; set; }

    /// <summary>Folder with ONNX Runtime.</summary>
    public string? OnnxRuntimeDirectory { get; set; }

    /// <summary>Threads of the worker; 0 for all.</summary>
    public int Threads { get; set; }

    /// <summary>Prune even if another build has just done it.</summary>
    public bool Force { get; set; }

    /// <summary>Whether to use the cache.</summary>
    public bool Cache { get; set; }

    /// <summary>Folder of the cache; empty for the user's own.</summary>
    public string? CachePath { get; set; }

    /// <summary>What the cache may take, as <c>5GB</c>.</summary>
    public string? CacheMaxSize { get; set; }

    /// <summary>Minutes after which the worker is stopped; empty or 0 for no limit.</summary>
    public string? TimeLimit { get; set; }

    /// <summary>The spec.</summary>
    [Output]
    public string Spec { get; set; } = "";

    /// <summary>The report for programs.</summary>
    [Output]
    public string Report { get; set; } = "";

    /// <inheritdoc/>
    protected override string ToolName => DotNetHost.FileName;

    /// <inheritdoc/>
    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.Normal;

    /// <inheritdoc/>
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <inheritdoc/>
    public override void Cancel()
    {
        _cancelled.Cancel();
        base.Cancel();
    }

    /// <inheritdoc/>
    public override bool Execute()
    {
        _folder = new ModelFolder(ModelDirectory);
        if (ModelRecord.Read(_folder.Record) is not { } record)
        {
            Log.Report(PruneDiagnostics.ContractUnreadable.In(null, _folder.Record, "describing the model did not write it"));
            return false;
        }

        if (DotNetHost.Find(DotNetHostPath, NetCoreRoot, Environment.GetEnvironmentVariable("PATH")) is not { } host)
        {
            Log.Report(PruneDiagnostics.PlatformUnsupported.In(null, "a machine without dotnet on the path", "machines with the .NET SDK"));
            return false;
        }

        _host = host;
        try
        {
            using FolderLock held = BuildLocks.Acquire(BuildEngine, _folder.Lock, () => Log.SayWaiting(record), _cancelled.Token);
            return Prune(record);
        }
        catch (OperationCanceledException)
        {
            Log.Report(PruneDiagnostics.Cancelled.In(record.Spec, record.Name));
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.Report(PruneDiagnostics.NotWritten(record.Spec, ModelDirectory, e));
            return false;
        }
    }

    private bool Prune(ModelRecord record)
    {
        // Before the worker reads them: an input that changes during the run makes the next build prune again.
        InputHashes inputs = PruneCheck.ByContent(_folder, record);
        if (!Force && inputs.Current)
        {
            Log.LogMessage(MessageImportance.Normal, "{0}: another build has pruned it meanwhile.", record.Name);
            return true;
        }

        // Other projects may have the same model: one of them runs the worker, the others take its result.
        ModelCache? cache = ModelCache.Open(Cache, CachePath, Log);
        using FolderLock? alone = cache?.TryLock(inputs.Content, path => BuildLocks.Acquire(BuildEngine, path, () => Log.SayWaiting(record), _cancelled.Token));
        if (!Force && cache?.TryTake(_folder, record, inputs.Content, inputs.State) is { } taken)
        {
            foreach (PruneDiagnostic diagnostic in taken.Diagnostics)
                Log.Report(diagnostic);
            Log.SayTaken(taken, _folder);
            return Finish(record);
        }

        ModelFolder.RemoveAll(_folder.Staging);
        _staged = _folder.StagedOutput(ProcessMark.New());
        Directory.CreateDirectory(_staged);
        try
        {
            WriteRequest(record);
            RunLimited(record);
            WriteLog();
            _cancelled.Token.ThrowIfCancellationRequested();
            if (ReadResult(record) is not { } result)
                return false;
            string sha = WorkerOutput.Check(_staged, result);
            // Before the stamp: a build that is killed in between finds no stamp the next time, and the result in the cache.
            cache?.Store(record, inputs.Content, _staged, result, CacheLimit(record));
            PruneStamp stamp = WorkerOutput.TakeOver(_folder, _staged, result, sha, inputs.Content, inputs.State);
            (stamp with { Seconds = (int)_clock.Elapsed.TotalSeconds }).Write(_folder.Stamp);
            Log.SayPruned(result, _folder);
            return Finish(record);
        }
        finally
        {
            ModelFolder.RemoveAll(_folder.Staging);
        }
    }

    private bool Finish(ModelRecord record)
    {
        Spec = record.Spec;
        Report = _folder.Report;
        return !Log.HasLoggedErrors;
    }

    private void RunLimited(ModelRecord record)
    {
        TimeSpan? limit = Minutes(record);
        if (limit is { } time)
            Timeout = (int)Math.Min(int.MaxValue, time.TotalMilliseconds);
        // The worker ends when this process does, however that ends.
        EnvironmentVariables = [string.Format(CultureInfo.InvariantCulture, "{0}={1}", ParentVariable, ProcessMark.ProcessId)];
        if (PruneStamp.Read(_folder.Stamp)?.Seconds is { } before)
            Log.LogMessage(MessageImportance.High, "{0}: pruning; the last time it took {1:0} s.", _folder.Name, before);
        else
            Log.LogMessage(MessageImportance.High, "{0}: pruning.", _folder.Name);
        _clock.Start();
        base.Execute();
        _timedOut = ExitCode != 0 && _clock.Elapsed >= limit;
    }

    private void WriteRequest(ModelRecord record) =>
        AtomicFile.Write(_folder.Request, new PruneRequest
        {
            Spec = record.Spec,
            Model = record.ModelOverride,
            Name = record.Name,
            ClassName = record.Class,
            Namespace = record.Namespace,
            Output = _staged,
            Checkpoint = _folder.Checkpoint,
            LibTorch = NullIfEmpty(LibTorchDirectory),
            OnnxRuntime = NullIfEmpty(OnnxRuntimeDirectory),
            Threads = Threads,
        }.ToJson());

    // Null after reporting why there is nothing to take over.
    private PruneResult? ReadResult(ModelRecord record)
    {
        string path = Path.Combine(_staged, "result.json");
        if (!File.Exists(path))
        {
            Log.Report(Died(record));
            return null;
        }

        PruneResult result;
        try
        {
            result = PruneResult.Parse(File.ReadAllText(path));
        }
        catch (ContractFormatException e)
        {
            Log.Report(PruneDiagnostics.ContractUnreadable.In(record.Spec, path, $"{e.Message} (exit code {ExitCode}; log: '{_folder.Log}')"));
            return null;
        }

        foreach (PruneDiagnostic diagnostic in result.Diagnostics)
            Log.Report(diagnostic);
        if (result.Success && ExitCode == 0 && !Log.HasLoggedErrors)
            return result;
        if (!Log.HasLoggedErrors)
            Log.Report(Died(record));
        return null;
    }

    private PruneDiagnostic Died(ModelRecord record)
    {
        if (_timedOut)
            return PruneDiagnostics.TimeLimit.In(record.Spec, record.Name, TimeLimit!);
        string output;
        lock (_output)
            output = _output.ToString();
        return WorkerDeath.Explain(record.Spec, ExitCode, output, _folder) ?? PruneDiagnostics.WorkerCrashed.In(record.Spec, WorkerDeath.Words(ExitCode), _folder.Log, CommandLine());
    }

    /// <inheritdoc/>
    protected override string GenerateFullPathToTool() => _host;

    /// <inheritdoc/>
    protected override string GetWorkingDirectory() => _folder.Directory;

    /// <inheritdoc/>
    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        line.AppendSwitch("exec");
        line.AppendFileNameIfNotNull(WorkerAssembly);
        line.AppendSwitch("prune");
        line.AppendSwitch("--request");
        line.AppendFileNameIfNotNull(_folder.Request);
        return line.ToString();
    }

    /// <inheritdoc/>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        lock (_output)
            _output.Append(singleLine).Append('\n');
        // Standard error is for people: stages, and how long they may still take. Several models may be at it.
        Log.LogMessage(messageImportance, messageImportance == MessageImportance.High ? "{1}: {0}" : "{0}", singleLine, _folder.Name);
    }

    // The exit code alone says too little: ReadResult reports, with result.json at hand.
    /// <inheritdoc/>
    protected override bool HandleTaskExecutionErrors() => true;

    private void WriteLog() =>
        AtomicFile.Write(_folder.Log, string.Format(
            CultureInfo.InvariantCulture, "{0}\nexit code {1}\n\n{2}", CommandLine(), ExitCode, _output));

    private string CommandLine() => $"\"{_host}\" {GenerateCommandLineCommands()}";

    private TimeSpan? Minutes(ModelRecord record)
    {
        if (string.IsNullOrEmpty(TimeLimit))
            return null;
        if (double.TryParse(TimeLimit, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double minutes))
            return minutes > 0 ? TimeSpan.FromMinutes(Math.Min(minutes, int.MaxValue)) : null;
        Log.Report(PruneDiagnostics.PropertyIgnored.In(record.Spec, "PruneTasksTimeout", TimeLimit!, "a number of minutes", "no limit"));
        return null;
    }

    private long CacheLimit(ModelRecord record)
    {
        if (string.IsNullOrEmpty(CacheMaxSize))
            return PruneCache.DefaultLimit;
        if (CacheSize.Parse(CacheMaxSize!) is { } limit)
            return limit;
        Log.Report(PruneDiagnostics.PropertyIgnored.In(record.Spec, "PruneTasksCacheMaxSize", CacheMaxSize!, "a size such as 5GB", CacheSize.Format(PruneCache.DefaultLimit)));
        return PruneCache.DefaultLimit;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
