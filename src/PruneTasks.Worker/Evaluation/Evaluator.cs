using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Worker.Data;

namespace PruneTasks.Worker.Evaluation;

/// <summary>Runs a dense and a pruned model on the same samples and compares what comes out.</summary>
internal static class Evaluator
{
    /// <summary>Samples in one run, where the model allows several.</summary>
    public const int BatchSize = 32;

    /// <summary>Compares two models. Samples are read once, one run at a time, so that a large set needs little memory.</summary>
    /// <param name="dense">The model to compare with.</param>
    /// <param name="pruned">The other model.</param>
    /// <param name="inputs">The inputs of both.</param>
    /// <param name="samples">What to run.</param>
    /// <param name="scores">Whether the first output holds class scores; null to find out (<see cref="HoldsScores"/>): it does if its rows are probabilities.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <param name="tokens">Where the samples tell the next token, for perplexity.</param>
    /// <exception cref="OnnxRuntimeException">A model fails on a sample.</exception>
    public static Comparison Compare(
        OrtSession dense, OrtSession pruned, IReadOnlyList<ModelInput> inputs, IEnumerable<Sample> samples, bool? scores, CancellationToken cancellation, NextTokens? tokens = null)
    {
        var sum = new ComparisonSum(dense.OutputNames, scores, tokens);
        bool oneByOne = false;
        foreach (IReadOnlyList<Sample> run in Batching.Split(inputs, samples, BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!oneByOne && run.Count > 1) oneByOne = !TryRun(run, dense, pruned, sum);
            else if (run.Count == 1) Add(run, dense, pruned, sum);
            if (!oneByOne || run.Count == 1) continue;
            foreach (Sample sample in run)
            {
                cancellation.ThrowIfCancellationRequested();
                Add([sample], dense, pruned, sum);
            }
        }
        return sum.Finish(oneByOne ? ["the model declares a free batch axis but only runs samples one by one"] : []);
    }

    /// <summary>Whether the first output of a model for this task holds class scores; null if the task does not say.</summary>
    /// <param name="task">The spec's task.</param>
    /// <param name="labels">Number of the spec's labels, 0 without.</param>
    /// <param name="classes">Entries of the last axis of the first output, where known.</param>
    public static bool? HoldsScores(ModelTask task, int labels, int? classes) => task switch
    {
        ModelTask.ImageClassification or ModelTask.TextClassification or ModelTask.CausalLanguageModel => true,
        ModelTask.TextEmbedding => false,
        _ => labels > 0 && labels == classes ? true : null,
    };

    private static void Add(IReadOnlyList<Sample> run, OrtSession dense, OrtSession pruned, ComparisonSum sum)
    {
        (IReadOnlyList<TensorData?> denseOutputs, IReadOnlyList<TensorData?> prunedOutputs) = RunBoth(dense, pruned, run[0].Inputs);
        sum.Add(run, denseOutputs, prunedOutputs);
    }

    /// <summary>Both models at the same time: two runs side by side use the cores better than one run on all of them.</summary>
    private static (IReadOnlyList<TensorData?> Dense, IReadOnlyList<TensorData?> Pruned) RunBoth(
        OrtSession dense, OrtSession pruned, IReadOnlyList<TensorData> inputs)
    {
        Task<IReadOnlyList<TensorData?>> other = Task.Run(() => dense.Run(inputs));
        IReadOnlyList<TensorData?>? prunedOutputs = null;
        try
        {
            prunedOutputs = pruned.Run(inputs);
        }
        finally
        {
            // Also when the pruned model fails: its inputs must stay alive until the other run has ended.
            if (prunedOutputs is null) other.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }
        return (other.GetAwaiter().GetResult(), prunedOutputs);
    }

    /// <summary>One run of several samples; false if the model does not take them together, which its declared shapes may hide.</summary>
    private static bool TryRun(IReadOnlyList<Sample> run, OrtSession dense, OrtSession pruned, ComparisonSum sum)
    {
        IReadOnlyList<TensorData> joined = Batching.Join(run);
        IReadOnlyList<TensorData?> denseOutputs;
        IReadOnlyList<TensorData?> prunedOutputs;
        try
        {
            (denseOutputs, prunedOutputs) = RunBoth(dense, pruned, joined);
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
        // An axis 0 that does not count the samples means that they were mixed.
        if (denseOutputs.Any(output => output is not null && (output.Shape.Count == 0 || output.Shape[0] != run.Count))) return false;
        sum.Add(run, denseOutputs, prunedOutputs);
        return true;
    }
}
