using System.Runtime.CompilerServices;

namespace PruneTasks.Text;

/// <content>Writing answers.</content>
public sealed partial class LanguageSession
{
    /// <summary>Adds a prompt and writes on, token by token. Each run is made on a thread of the pool.</summary>
    /// <param name="prompt">Tokens to add; may be empty where the session has some.</param>
    /// <param name="options">How tokens are picked; null takes the likeliest.</param>
    /// <param name="cancellationToken">Stops the run under way.</param>
    /// <returns>The tokens of the answer as they are picked, without the one that stops it. All that were given out belong to the session.</returns>
    /// <exception cref="ArgumentException">The prompt does not fit, or there is no token at all.</exception>
    /// <exception cref="ModelException">The model failed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Another call uses this session.</exception>
    public async IAsyncEnumerable<int> GenerateAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        TokenSampler sampler = new(options);
        IReadOnlyList<int> stop = options.StopTokens ?? _model.Settings.Stop;
        Enter();
        try
        {
            await Task.Run(() => { Add(prompt.Span, cancellationToken); }, cancellationToken).ConfigureAwait(false);
            for (int written = 0; written < options.MaxNewTokens; written++)
            {
                int next = sampler.Next(_scores);
                if (stop.Contains(next) || _length == MaxLength)
                    break;
                // It is run with what comes next, so that the last one costs no run.
                _tokens[_length++] = next;
                yield return next;
                if (written + 1 < options.MaxNewTokens && _length < MaxLength)
                    await Task.Run(() => Compute(cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Adds a prompt and writes on, as text in pieces of whole characters.</summary>
    /// <param name="prompt">The prompt; start tokens go in front of the first one of a session.</param>
    /// <param name="options">How tokens are picked; null takes the likeliest.</param>
    /// <param name="cancellationToken">Stops the run under way.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer, or another call uses this session.</exception>
    public async IAsyncEnumerable<string> GenerateTextAsync(
        string prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TextTokenizer tokenizer = _model.Tokenizer ?? throw new InvalidOperationException($"Model '{_engine.Name}' has no tokenizer.");
        int[] ids = _length == 0 ? tokenizer.EncodePrompt(prompt) : [.. tokenizer.Split(prompt)];
        // Decoded are the tokens that were given out last, and those since: a token's text may depend on the one before it, on none further back.
        List<int> known = LastText(tokenizer, ids);
        List<int> open = [];
        await foreach (int token in GenerateAsync(ids, options, cancellationToken).ConfigureAwait(false))
        {
            open.Add(token);
            string text = Behind(tokenizer, known, open);
            // A character of several bytes may still lack some.
            if (text.Length == 0 || text[^1] == '\uFFFD')
                continue;
            yield return text;
            (known, open) = (open, []);
        }
        string rest = Behind(tokenizer, known, open);
        if (rest.Length > 0)
            yield return rest;
    }

    private static string Behind(TextTokenizer tokenizer, List<int> known, List<int> open)
    {
        string all = tokenizer.Decode([.. known, .. open]);
        return all[Math.Min(all.Length, tokenizer.Decode(known).Length)..];
    }

    // The first token is decoded behind the last one that is text, in the prompt or before it: at the start of a text, some tokenizers drop its space.
    private List<int> LastText(TextTokenizer tokenizer, int[] prompt)
    {
        int[] all = [.. Tokens, .. prompt];
        int from = all.Length - 1;
        while (from >= 0 && tokenizer.Decode([all[from]]).Length == 0)
            from--;
        return [.. all.AsSpan(Math.Max(from, 0))];
    }
}
