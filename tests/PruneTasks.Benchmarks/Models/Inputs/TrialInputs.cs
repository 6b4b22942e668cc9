using Microsoft.ML.OnnxRuntime;
using PruneTasks.Onnx;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Data;
using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Samples for a model without data of its own: what was recorded beside it, and random ones of the same form.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Recorded">How many of them were recorded.</param>
/// <param name="Guesses">What the inputs stand for.</param>
internal sealed record TrialInputs(IReadOnlyList<Sample> Samples, int Recorded, IReadOnlyList<InputGuess> Guesses)
{
    private const int Wanted = 320, EnoughRecorded = 48, Least = 24, Chain = 8;
    private const long MostBytes = 160_000_000, MostMacs = 60_000_000_000;

    /// <summary>Takes and draws.</summary>
    /// <param name="path">The model's file.</param>
    /// <param name="model">The same, read.</param>
    /// <exception cref="InputException">No input that ONNX Runtime takes was found.</exception>
    public static TrialInputs For(string path, OnnxModel model)
    {
        IReadOnlyList<ModelInput> inputs = ModelInput.Of(model);
        if (inputs.Count == 0) throw new InputException("it has no input");
        if (inputs.FirstOrDefault(i => TensorData.SizeOf(i.Type) is null) is { } strange) throw new InputException($"input '{strange.Name}' takes {(strange.Type == ElementType.Undefined ? "no tensor" : ModelInput.Describe(strange.Type))}");
        IReadOnlyList<InputGuess> guesses = InputReading.Read(model.Graph);
        IReadOnlyList<Sample> recorded = RecordedInputs.Beside(path, inputs);
        if (recorded.Count >= EnoughRecorded) return new TrialInputs([.. recorded.Take(2000)], Math.Min(2000, recorded.Count), guesses);

        using OrtSession session = Open(path);
        Random random = new(42);
        Spread?[] spreads = [.. Enumerable.Range(0, inputs.Count).Select(i => recorded.Count == 0 ? null : Spread.Of(recorded[0].Inputs[i]))];
        long[][] shapes = recorded.Count > 0 ? [.. recorded[0].Inputs.Select(t => t.Shape.ToArray())] : Accepted(session, guesses, random);
        int count = Count(model, inputs, shapes);
        List<Sample> samples = [.. recorded];
        IReadOnlyList<TensorData?>? before = null;
        for (int i = 0; samples.Count < count; i++)
        {
            Sample sample = new($"random#{i}", Draw(guesses, shapes, spreads, random), null);
            if (before is not null && i % Chain != 0) sample = sample with { Inputs = Continued(sample.Inputs, guesses, before) };
            if (i == 0 || guesses.Any(g => g.Role == InputRole.State))
            {
                // What was recorded may hold values that no drawing hits: positions, scales, sizes.
                if (!TryRun(session, sample.Inputs, out before))
                {
                    if (recorded.Count > 0) break;
                    throw new InputException("no random input was taken");
                }
            }
            samples.Add(sample);
        }
        return new TrialInputs(samples, recorded.Count, guesses);
    }

    private static bool TryRun(OrtSession session, IReadOnlyList<TensorData> inputs, out IReadOnlyList<TensorData?>? outputs)
    {
        try
        {
            outputs = session.Run(inputs);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            outputs = null;
            return false;
        }
    }

    private static OrtSession Open(string path)
    {
        try
        {
            return OrtSession.Load(path, 1);
        }
        catch (PruneDiagnosticException problem)
        {
            throw new InputException(problem.Diagnostics[0].Message);
        }
    }

    private static long[][] Accepted(OrtSession session, IReadOnlyList<InputGuess> guesses, Random random)
    {
        string reason = "the rank of an input is not known";
        foreach (long[][] shapes in InputShapes.Attempts(guesses))
        {
            try
            {
                session.Run(Draw(guesses, shapes, new Spread?[guesses.Count], random));
                return shapes;
            }
            catch (OnnxRuntimeException problem)
            {
                reason = problem.Message;
            }
        }
        throw new InputException($"no random input was taken: {reason}");
    }

    private static TensorData[] Draw(IReadOnlyList<InputGuess> guesses, long[][] shapes, Spread?[] spreads, Random random)
    {
        long longest = guesses.Zip(shapes, (g, shape) => g.Role is InputRole.Length or InputRole.Setting ? 1 : shape.Skip(1).DefaultIfEmpty(1).First()).Max();
        return [.. guesses.Select((g, i) => InputDraw.Draw(g, shapes[i], spreads[i], longest, random))];
    }

    /// <summary>The states that the run before gave, where they still fit.</summary>
    private static TensorData[] Continued(IReadOnlyList<TensorData> inputs, IReadOnlyList<InputGuess> guesses, IReadOnlyList<TensorData?> before) =>
    [
        .. inputs.Select((input, i) => guesses[i].Role == InputRole.State && before[guesses[i].NextState] is { } state && state.Type == input.Type && state.Shape.SequenceEqual(input.Shape) ? state : input),
    ];

    private static int Count(OnnxModel model, IReadOnlyList<ModelInput> inputs, long[][] shapes)
    {
        long bytes = inputs.Zip(shapes, (input, shape) => shape.Aggregate(1L, (a, b) => a * b) * TensorData.SizeOf(input.Type)!.Value).Sum();
        var binding = ShapeBinding.Exact(inputs.Zip(shapes).ToDictionary(p => p.First.Name, p => (IReadOnlyList<long>)p.Second));
        long macs = CostModel.Of(model, ShapeInference.Run(model, binding)).Total.Macs;
        return (int)Math.Clamp(Math.Min(MostBytes / Math.Max(1, bytes), MostMacs / Math.Max(1, macs)), Least, Wanted);
    }
}

/// <summary>No input could be made for a model.</summary>
internal sealed class InputException(string message) : Exception(message);
