using System.Globalization;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
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
    private readonly CancellationTokenSource _cancelled = new();
    private readonly StringBuilder _output = new();
    private string _host = "";
    private string _staged = "";
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
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.Normal;

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
            using FolderLock held = FolderLock.Acquire(_folder.Lock, () => LogWait(record), _cancelled.Token);
            return Prune(record);
        }
        catch (OperationCanceledException)
        {
            Log.Report(PruneDiagnostics.Cancelled.In(record.Spec, record.Name));
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.Report(PruneDiagnostics.OutputNotWritable.In(record.Spec, ModelDirectory, e.Message));
            return false;
        }
    }

    private bool Prune(ModelRecord record)
    {
        if (!Force && PruneCheck.IsCurrentByContent(_folder, record))
        {
            Log.LogMessage(MessageImportance.Normal, "{0}: another build has pruned it meanwhile.", record.Name);
            return true;
        }

        // Before the worker reads them: an input that changes during the run makes the next build prune again.
        string state = PruneInputs.State(record);
        string content = PruneInputs.Content(record);
        Remove(_folder.Staging);
        _staged = _folder.StagedOutput(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_staged);
        try
        {
            WriteRequest(record);
            base.Execute();
            WriteLog();
            _cancelled.Token.ThrowIfCancellationRequested();
            if (ReadResult(record) is not { } result)
                return false;
            PruneStamp stamp = WorkerOutput.TakeOver(_folder, _staged, result, content, state);
            stamp.Write(_folder.Stamp);
            Spec = MSBuildText.Escape(record.Spec);
            Report = MSBuildText.Escape(_folder.Report);
            Log.LogMessage(MessageImportance.High, "{0}; report: {1}", result.Summary, _folder.Page);
            return !Log.HasLoggedErrors;
        }
        finally
        {
            Remove(_folder.Staging);
        }
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
            Log.Report(PruneDiagnostics.WorkerCrashed.In(record.Spec, ExitCode, _folder.Log, CommandLine()));
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
            Log.Report(PruneDiagnostics.WorkerCrashed.In(record.Spec, ExitCode, _folder.Log, CommandLine()));
        return null;
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
        Log.LogMessage(messageImportance, "{0}", singleLine);
    }

    // The exit code alone says too little: ReadResult reports, with result.json at hand.
    /// <inheritdoc/>
    protected override bool HandleTaskExecutionErrors() => true;

    private void WriteLog() =>
        AtomicFile.Write(_folder.Log, string.Format(
            CultureInfo.InvariantCulture, "{0}\nexit code {1}\n\n{2}", CommandLine(), ExitCode, _output));

    private string CommandLine() => $"\"{_host}\" {GenerateCommandLineCommands()}";

    private void LogWait(ModelRecord record) =>
        Log.LogMessage(MessageImportance.High, "{0}: waiting for another build that prunes it.", record.Name);

    // As well as it goes: the worker of a build that was killed may still write there. Each run has a folder of its own, so what stays does no harm.
    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
