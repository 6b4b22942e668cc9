using PruneTasks.Spec.Diagnostics;
using PruneTasks.Spec.Onnx;
using PruneTasks.Spec.Tokenizers;

namespace PruneTasks.Spec.Contracts;

/// <summary>Holds the text section against the model's inputs and outputs, and reads the tokenizer.</summary>
internal static class TextFit
{
    private const int UsualLength = 512, UsualContext = 2048;

    /// <summary>
    /// The text section of the manifest. What the spec says wrongly is an error (PRUNE0030, PRUNE0031, PRUNE0305); a model that does not allow calls
    /// with texts is none: then the class has only Run, and <see cref="TextManifest.Refusal"/> says why.
    /// </summary>
    public static (TextManifest? Text, TokenizerFile? Tokenizer) Resolve(
        PruneSpec spec, TextSpec text, ModelSignature signature, int? labels, List<PruneDiagnostic> diagnostics)
    {
        int before = diagnostics.Count;
        CheckNames(spec, text, signature, diagnostics);
        Tokenizer? tokenizer = null;
        TokenizerFile? file = text.Tokenizer is { } path ? ReadTokenizer(spec, text, path, diagnostics, out tokenizer) : null;
        if (diagnostics.Count > before)
            return default;
        TextInputs inputs = TextRoles.Find(text.Inputs, signature, out string? refusal);
        TensorSignature? output = refusal is null ? Output(spec, text, signature, labels) : null;
        refusal ??= Refusal(spec.Task, inputs, output, signature);
        if (refusal is not null)
            return (new TextManifest { Refusal = refusal }, file);
        IReadOnlyList<AxisSignature>? axes = signature.Inputs.First(input => input.Name == inputs.Tokens).Axes;
        long? length = axes is { Count: > 0 } ? axes[axes.Count - 1].Length : null;
        if (length is { } fix && text.MaxLength > fix)
        {
            diagnostics.Add(PruneDiagnostics.TextDoesNotFit.At(spec.File, spec.PlaceOf("text.max-length"),
                $"'text.max-length' is {text.MaxLength}, but input '{inputs.Tokens}' takes {fix} tokens; give at most {fix}"));
            return default;
        }
        bool causal = spec.Task == ModelTask.CausalLanguageModel;
        return (new TextManifest
        {
            Inputs = inputs,
            Output = output!.Name,
            MaxLength = text.MaxLength ?? (int?)length ?? (causal ? null : tokenizer?.MaxLength) ?? (causal ? UsualContext : UsualLength),
            Truncation = text.Truncation,
            Pooling = spec.Task != ModelTask.TextEmbedding ? "none" : text.Pooling != "auto" ? text.Pooling : output.Axes!.Count == 3 ? "mean" : "none",
            Normalize = spec.Task == ModelTask.TextEmbedding && text.Normalize,
            Width = output.Axes is { Count: > 0 } shape ? (int)(shape[shape.Count - 1].Length ?? 0) : 0,
            Pad = tokenizer?.PadId(text) ?? text.Pad ?? 0,
            Stop = causal ? tokenizer?.StopIds(text) ?? [.. (text.Stop ?? []).Select(id => int.TryParse(id, out int number) ? number : -1).Where(id => id >= 0)] : [],
            States = causal ? signature.States : [],
            Chat = causal ? text.Chat : null,
            Tokenizer = tokenizer?.Kind,
            TokenizerData = tokenizer?.DataFile is not null,
        }, file);
    }

    private static void CheckNames(PruneSpec spec, TextSpec text, ModelSignature signature, List<PruneDiagnostic> diagnostics)
    {
        (string Key, string? Name, IReadOnlyList<TensorSignature> Known)[] named =
        [
            ("text.inputs.tokens", text.Inputs.Tokens, signature.Inputs), ("text.inputs.mask", text.Inputs.Mask, signature.Inputs),
            ("text.inputs.segments", text.Inputs.Segments, signature.Inputs), ("text.inputs.positions", text.Inputs.Positions, signature.Inputs),
            ("text.output", text.Output, signature.Outputs),
        ];
        foreach ((string key, string? name, IReadOnlyList<TensorSignature> known) in named)
        {
            if (name is not null && known.All(tensor => tensor.Name != name))
            {
                diagnostics.Add(PruneDiagnostics.TextDoesNotFit.At(spec.File, spec.PlaceOf(key),
                    $"'{key}' names '{name}', but the model has {string.Join(", ", known.Select(tensor => $"'{tensor.Name}'"))}"));
            }
        }
    }

    private static TokenizerFile? ReadTokenizer(PruneSpec spec, TextSpec text, SpecPath path, List<PruneDiagnostic> diagnostics, out Tokenizer? tokenizer)
    {
        tokenizer = null;
        try
        {
            (string format, string[] files) = TokenizerFiles.Find(path.Full, text.Format);
            if (files.FirstOrDefault(GitLfs.IsPointer) is { } pointer)
                throw new TokenizerException($"has a Git LFS pointer '{Path.GetFileName(pointer)}'; run 'git lfs pull'");
            tokenizer = TokenizerFiles.Read(format, files, text);
            return new TokenizerFile(tokenizer.ToJson(text), tokenizer.DataFile, files);
        }
        catch (TokenizerException exception) when (exception.IsFeature)
        {
            string[] parts = exception.Message.Split('|');
            diagnostics.Add(PruneDiagnostics.TokenizerFeature.At(
                exception.File, new SourceSpan(exception.Line, exception.Column, exception.Line, exception.Column), parts[0], parts[1]));
        }
        catch (TokenizerException exception)
        {
            SourceSpan place = spec.PlaceOf("text.tokenizer");
            diagnostics.Add(exception.Line > 0
                ? PruneDiagnostics.TokenizerFile.At(exception.File, new SourceSpan(exception.Line, exception.Column, exception.Line, exception.Column), path.Written, exception.Message)
                : PruneDiagnostics.TokenizerFile.At(spec.File, place, path.Written, exception.Message));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(PruneDiagnostics.TokenizerFile.At(spec.File, spec.PlaceOf("text.tokenizer"), path.Written, "cannot be read: " + exception.Message));
        }
        return null;
    }

    private static TensorSignature? Output(PruneSpec spec, TextSpec text, ModelSignature signature, int? labels)
    {
        if (text.Output is { } name)
            return signature.Outputs.First(output => output.Name == name);
        TensorSignature[] fitting = [.. signature.Outputs.Where(output =>
            ClassAxis.HoldsScores(output) && output.Axes is { Count: >= 1 and <= 3 } && signature.States.All(pair => pair.Present != output.Name))];
        return spec.Task == ModelTask.TextClassification && labels is { } count
            ? fitting.FirstOrDefault(output => ClassAxis.Count(output) == count) ?? fitting.FirstOrDefault()
            : fitting.FirstOrDefault();
    }

    private static string? Refusal(ModelTask task, TextInputs inputs, TensorSignature? output, ModelSignature signature)
    {
        if (output?.Axes is not { } axes)
            return "no output has floating-point numbers of a known rank";
        TensorSignature tokens = signature.Inputs.First(input => input.Name == inputs.Tokens);
        if (tokens.Axes is not { Count: 1 or 2 })
            return $"input '{tokens.Name}' has neither [tokens] nor [batch, tokens]";
        if (tokens.Axes is { Count: 2 } batched && batched[0].Length is > 1 and { } fix)
            return $"input '{tokens.Name}' always takes {fix} texts at once";
        if (task == ModelTask.TextEmbedding && axes[axes.Count - 1].Length is null)
            return $"the length of the vectors of output '{output.Name}' is not known";
        if (task == ModelTask.CausalLanguageModel && axes.Count is not (2 or 3))
            return $"output '{output.Name}' has no scores for each token of the vocabulary";
        return null;
    }
}
