using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>One step of a session, bound: so many tokens behind so many. Running it again allocates nothing.</summary>
internal sealed class LanguageStep : IDisposable
{
    private readonly OrtIoBinding _binding;
    private readonly LanguageModel _model;
    private readonly PinnedBuffer? _scores;

    /// <param name="model">The model.</param>
    /// <param name="inputs">Memory of the inputs, in the order of the roles.</param>
    /// <param name="states">The states.</param>
    /// <param name="scores">Memory for the scores; null lets ONNX Runtime allocate them.</param>
    /// <param name="size">Tokens behind, tokens that are given, and which of the states' buffers has the past.</param>
    /// <param name="rows">Tokens that scores come out for.</param>
    /// <param name="vocabulary">Scores for each.</param>
    public LanguageStep(LanguageModel model, PinnedBuffer[] inputs, StateBuffer[] states, PinnedBuffer? scores, (int Past, int Given, int Side) size, int rows = 0, int vocabulary = 0)
    {
        _model = model;
        _scores = scores;
        ModelEngine engine = model.Engine;
        _binding = engine.OwnedSession.CreateIoBinding();
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                TensorSignature input = engine.Inputs[model.Roles.Inputs[i]];
                using OrtValue value = inputs[i].Tensor(input, InputShape(model, input, size));
                _binding.BindInput(input.Name, value);
            }
            foreach (StateBuffer state in states)
                state.Bind(_binding, size.Side, size.Past, size.Past + size.Given);
            if (scores is null)
            {
                _binding.BindOutputToDevice(model.Settings.Output, OrtMemoryInfo.DefaultInstance);
                return;
            }
            using OrtValue output = scores.Tensor(Scores, OutputShape(model, rows, vocabulary));
            _binding.BindOutput(model.Settings.Output, output);
        }
        catch
        {
            _binding.Dispose();
            throw;
        }
    }

    private TensorSignature Scores => _model.Engine.Outputs[_model.Roles.Output];

    /// <summary>Runs it.</summary>
    public void Run(RunOptions options) => _model.Engine.OwnedSession.RunWithBinding(options, _binding);

    /// <summary>The scores of one of the tokens that were given, after a run.</summary>
    public void Read(int token, Span<float> scores)
    {
        int row = scores.Length * Scores.ElementSize;
        if (_scores is not null)
        {
            TokenValues.Floats(_scores.Bytes(_scores.Length).Slice(token * row, row), Scores.Type, scores);
            return;
        }
        using IDisposableReadOnlyCollection<OrtValue> values = _binding.GetOutputValues();
        TokenValues.Floats(Allocated(values).GetTensorMutableRawData().Slice(token * row, row), Scores.Type, scores);
    }

    /// <summary>The shape of scores that ONNX Runtime allocated, after a run.</summary>
    public int[] AllocatedShape()
    {
        using IDisposableReadOnlyCollection<OrtValue> values = _binding.GetOutputValues();
        return Array.ConvertAll(Allocated(values).GetTensorTypeAndShape().Shape, entries => checked((int)entries));
    }

    public void Dispose() => _binding.Dispose();

    // The scores were bound last.
    private static OrtValue Allocated(IDisposableReadOnlyCollection<OrtValue> values) => values[values.Count - 1];

    private static int[] InputShape(LanguageModel model, TensorSignature input, (int Past, int Given, int Side) size)
    {
        bool mask = model.Roles.Mask is { } at && ReferenceEquals(model.Engine.Inputs[at], input);
        int entries = mask ? size.Past + size.Given : size.Given;
        return (input.Shape?.Length ?? 2) == 1 ? [entries] : [1, entries];
    }

    private static int[] OutputShape(LanguageModel model, int rows, int vocabulary)
    {
        int rank = model.Engine.OwnedSession.OutputMetadata[model.Settings.Output].Dimensions.Length;
        return rank == 3 ? [1, rows, vocabulary] : [rows, vocabulary];
    }
}
