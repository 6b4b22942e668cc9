using Microsoft.ML.OnnxRuntime;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Inputs;

namespace PruneTasks.Worker.Evaluation;

/// <summary>A dense model and the pruned one, to be compared in ONNX Runtime.</summary>
internal sealed record ModelPair(ModelFile Dense, ModelFile Pruned)
{
    /// <summary>Outputs that are not compared: what a decoder passes on to its next run.</summary>
    public IReadOnlyList<string> States { get; init; } = [];

    /// <summary>Compares outputs on samples.</summary>
    /// <param name="task">What the model is for.</param>
    /// <param name="labels">Number of labels, 0 without.</param>
    /// <param name="inputs">The inputs of both.</param>
    /// <param name="samples">What to run; read once.</param>
    /// <param name="threads">Cores to use; 0 for all.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses a model or a run.</exception>
    public Comparison Compare(
        ModelTask task, int labels, IReadOnlyList<ModelInput> inputs, IEnumerable<Sample> samples, int threads, CancellationToken cancellation)
    {
        // The two run side by side, each on half of the cores.
        int each = Math.Max(1, (threads > 0 ? threads : Environment.ProcessorCount) / 2);
        using OrtSession dense = Dense.Open(each).Without(States);
        using OrtSession pruned = Pruned.Open(each).Without(States);
        bool? scores = Evaluator.HoldsScores(task, labels, Dense.Classes);
        NextTokens? tokens = task == ModelTask.CausalLanguageModel ? NextTokens.Find(inputs) : null;
        return Guard(() => Evaluator.Compare(dense, pruned, inputs, samples, scores, cancellation, tokens));
    }

    /// <summary>Measures both on one sample, one thread, batch 1.</summary>
    /// <exception cref="PruneDiagnosticException">ONNX Runtime refuses a model or a run.</exception>
    public Latency Measure(Sample sample, CancellationToken cancellation)
    {
        using OrtSession dense = Dense.Open(1);
        using OrtSession pruned = Pruned.Open(1);
        return Guard(() => LatencyMeter.Measure(dense, pruned, sample, cancellation));
    }

    private T Guard<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (OnnxRuntimeException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.RuntimeRefusesModel.In(null, Dense.Path, problem.Message), problem);
        }
    }
}
