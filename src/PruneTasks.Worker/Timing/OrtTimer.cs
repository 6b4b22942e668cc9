using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Timing;

/// <summary>Times models in ONNX Runtime. In each round every model runs once, and is set against the first one of the same round, so that whatever else the machine does hits all alike.</summary>
/// <param name="sample">What they are given.</param>
/// <param name="cancellation">Ends it between two runs.</param>
internal sealed class OrtTimer(IReadOnlyList<TensorData> sample, CancellationToken cancellation) : IModelTimer
{
    private const int WarmUps = 5;
    private const int LeastRounds = 7;
    private const int MostRounds = 101;

    // Small models need many rounds for a median that holds; large ones would take minutes.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1.5);

    /// <inheritdoc/>
    public IReadOnlyList<double> Measure(IReadOnlyList<ModelImage> models)
    {
        List<OrtSession> sessions = [];
        List<OrtValue> inputs = [];
        try
        {
            foreach (ModelImage model in models) sessions.Add(model.Open("model to be timed", 1));
            inputs.AddRange(sample.Select(OrtSession.ToValue));
            for (int i = 0; i < WarmUps; i++) Round(sessions, inputs, i);
            List<double[]> rounds = [];
            long start = Stopwatch.GetTimestamp();
            while (rounds.Count < LeastRounds || (rounds.Count < MostRounds && Stopwatch.GetElapsedTime(start) < Enough))
                rounds.Add(Round(sessions, inputs, rounds.Count));
            return [.. models.Select((_, m) => Median([.. rounds.Select(round => round[m] / round[0])]))];
        }
        finally
        {
            foreach (OrtValue input in inputs) input.Dispose();
            foreach (OrtSession session in sessions) session.Dispose();
        }
    }

    /// <summary>Every model once; each round starts with another one, because the first finds a colder cache.</summary>
    private double[] Round(List<OrtSession> sessions, List<OrtValue> inputs, int round)
    {
        var times = new double[sessions.Count];
        for (int i = 0; i < sessions.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            int m = (round + i) % sessions.Count;
            long start = Stopwatch.GetTimestamp();
            sessions[m].RunOnly(inputs);
            times[m] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        return times;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }
}
