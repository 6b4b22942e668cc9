using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Benchmarks.Wrapper;

/// <summary>
/// What a generated request adds to <c>RunWithBinding</c> on the same session: both write 42 inputs, run, and read the class. Public and
/// not sealed, as BenchmarkDotNet wants it.
/// </summary>
[MemoryDiagnoser]
public class OverheadBenchmark
{
    private readonly float[] _values = [.. Enumerable.Range(0, 42).Select(i => i / 42f)];
    private readonly float[] _input = GC.AllocateArray<float>(42, pinned: true);
    private readonly long[] _output = GC.AllocateArray<long>(1, pinned: true);
    private ModelEngine _engine = null!;
    private ModelRequest _request = null!;
    private OrtIoBinding _binding = null!;
    private RunOptions _options = null!;
    private InferenceSession _session = null!;

    /// <summary>Loads the model and binds by hand.</summary>
    [GlobalSetup]
    public void Setup()
    {
        WrapperModel.UseNatives();
        _engine = WrapperModel.Load(WrapperModel.Gesture, new ModelOptions { IntraOpThreads = 1 });
        _session = _engine.Session;
        _request = _engine.CreateRequest([1]);
        _options = new RunOptions();
        _binding = _session.CreateIoBinding();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _input.AsMemory(), [1, 42]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _output.AsMemory(), [1]);
        _binding.BindInput(_session.InputNames[0], input);
        _binding.BindOutput(_session.OutputNames[0], output);
        if (Raw() != Request())
            throw new InvalidOperationException("the two ways give different classes");
    }

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _binding.Dispose();
        _options.Dispose();
        _request.Dispose();
        _engine.Dispose();
    }

    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true)]
    public long Raw()
    {
        _values.CopyTo(_input, 0);
        _session.RunWithBinding(_options, _binding);
        return _output[0];
    }

    /// <summary>As generated code does.</summary>
    [Benchmark]
    public long Request()
    {
        _values.CopyTo(_request.Input<float>(0));
        _request.Run();
        return _request.Output<long>(0)[0];
    }

    /// <summary>Runs both; 1 if the request costs more than 3 % and more than a micro-second.</summary>
    internal static int Run(TextWriter output)
    {
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance).AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(MarkdownExporter.GitHub).AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "prunetasks-benchmarks")).WithOptions(ConfigOptions.DisableOptimizationsValidator);
        Summary summary = BenchmarkRunner.Run<OverheadBenchmark>(config);
        MarkdownExporter.GitHub.ExportToLog(summary, new TextLogger(output));
        double raw = Mean(nameof(Raw)), request = Mean(nameof(Request));
        double share = (request / raw) - 1;
        output.WriteLine(FormattableString.Invariant($"\nA request adds {request - raw:0} ns, {share:P1}, to {raw:0} ns of RunWithBinding."));
        return share <= 0.03 || request - raw <= 1000 ? 0 : 1;

        double Mean(string method) => summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method).ResultStatistics!.Mean;
    }
}
