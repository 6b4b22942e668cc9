using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>A causal language model behind a generated class: makes sessions, and knows what the model's output looks like.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LanguageModel
{
    private readonly object _lock = new();
    private (int Vocabulary, bool LastOnly)? _output;

    /// <summary>A language model on an engine that somebody else owns.</summary>
    /// <param name="engine">The loaded model.</param>
    /// <param name="settings">Which input and output is what.</param>
    /// <param name="tokenizer">For texts; null for token ids only.</param>
    public LanguageModel(ModelEngine engine, TextSettings settings, TextTokenizer? tokenizer)
    {
        (Engine, Settings, Tokenizer) = (engine, settings, tokenizer);
        Roles = new TextRoles(engine, settings);
    }

    internal ModelEngine Engine { get; }

    internal TextSettings Settings { get; }

    internal TextTokenizer? Tokenizer { get; }

    internal TextRoles Roles { get; }

    /// <summary>Begins a conversation.</summary>
    /// <param name="maxLength">Most tokens of prompts and answers together; 0 for the spec's.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than the model takes.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public LanguageSession CreateSession(int maxLength = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        // With states the tokens of one step may be fixed, but not their sum.
        int most = Settings.States.Length == 0 && Roles.FixedLength is { } length ? length : int.MaxValue;
        int chosen = maxLength > 0 ? maxLength : Math.Min(Settings.MaxLength, most);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chosen, most, nameof(maxLength));
        return new LanguageSession(this, chosen);
    }

    /// <summary>Tokens of the vocabulary, and whether only the last token's scores come out. Found by one run of two tokens, once.</summary>
    internal (int Vocabulary, bool LastOnly) Output(Func<int, (int[] Shape, int Tokens)> probe)
    {
        lock (_lock)
        {
            if (_output is { } known)
                return known;
            (int[] shape, int tokens) = probe(Roles.FixedLength ?? 2);
            int rows = 1;
            for (int i = 0; i < shape.Length - 1; i++)
                rows *= shape[i];
            if (shape.Length == 0 || shape[^1] < 1 || (rows != tokens && rows != 1))
            {
                throw new ModelException(ModelErrorKind.Shape, Settings.Output,
                    $"Output '{Settings.Output}' of model '{Engine.Name}' is {ModelShapes.Text(shape)} for {tokens} tokens; scores for each of them, or for the last one, were expected.");
            }
            _output = (shape[^1], rows == 1);
            return _output.Value;
        }
    }

    internal Exception Failure(OnnxRuntimeException exception, CancellationToken cancellationToken) => Engine.Failure(exception, cancellationToken);
}
