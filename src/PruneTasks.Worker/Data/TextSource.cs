using System.Text;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Text;

namespace PruneTasks.Worker.Data;

/// <summary>
/// Texts in UTF-8 files, split by the tokenizer that the app will use. One text per line; for language models texts are apart by a blank line.
/// The name of a folder, or else of the file, is the class.
/// </summary>
internal sealed class TextSource : ISampleSource
{
    private readonly DataRequest _request;
    private readonly TextManifest _text;
    private readonly TextTokenizer _tokenizer;
    private readonly IReadOnlyList<(string Source, string Text, int? Label)> _order;

    /// <param name="request">What is asked for.</param>
    /// <param name="paths">The files, relative to the data's folder; or the empty string for the data's path itself.</param>
    /// <exception cref="PruneDiagnosticException">There is no tokenizer, a file cannot be read, or the model takes no texts.</exception>
    public TextSource(DataRequest request, IReadOnlyList<string> paths)
    {
        _request = request;
        if (request.Tokenizer is null || request.Text is null)
            throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, "it holds texts, but the spec names no tokenizer: set 'text.tokenizer', or give token ids as .npz");
        if (request.Text.Refusal is { } refusal)
            throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, $"it holds texts, but {refusal}");
        _text = request.Text;
        _tokenizer = Load(request);
        // As for images, but a file's own name may be its class too.
        var labels = new ClassLabels(request.Labels, request.Classes, paths.Select(Folders));
        (string Source, string Text, (string Folder, int? Label) Class)[] all =
        [
            .. paths.Order(StringComparer.Ordinal).SelectMany(path => Texts(path).Select((text, i) => ($"{path}#{i + 1}", text, labels.Of(Folders(path))))),
        ];
        _order = [.. SampleOrder.Spread(all.Where(item => request.Keeps(item.Class.Label)), item => item.Class.Folder, request.Seed)
            .Select(item => (item.Source, item.Text, request.Label(item.Class.Label)))];
        OtherClasses = all.Length - _order.Count;
        if (all.Length == 0) throw request.Fail(PruneDiagnostics.DataFolderEmpty, request.Path);
        if (_order.Count == 0) throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, "none of its texts is of a class in 'prune.classes'");
    }

    /// <inheritdoc/>
    public int OtherClasses { get; }

    /// <inheritdoc/>
    public IEnumerable<Sample> Read(ICollection<PruneDiagnostic> diagnostics)
    {
        foreach ((string source, string text, int? label) in _order)
            yield return new Sample(source, Inputs(source, text), label);
    }

    private List<TensorData> Inputs(string source, string text)
    {
        ModelInput tokens = _request.Inputs.First(input => input.Name == _text.Inputs.Tokens);
        int? length = tokens.Shape is { Count: > 0 } shape && shape[^1].Size is { } size ? (int)size : null;
        int[] ids;
        try
        {
            ids = _request.Task == ModelTask.CausalLanguageModel
                ? [.. _tokenizer.EncodePrompt(text).Take(length ?? _text.MaxLength)]
                : _tokenizer.Encode(text, length ?? _text.MaxLength, Enum.Parse<TextTruncation>(_text.Truncation, ignoreCase: true));
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            throw _request.Fail(PruneDiagnostics.DataDoesNotFit, source, problem.Message);
        }
        if (ids.Length == 0) ids = [_text.Pad];
        int entries = length ?? ids.Length;
        return [.. _request.Inputs.Select(input => Input(input, ids, entries))];
    }

    private TensorData Input(ModelInput input, int[] ids, int entries)
    {
        if (_text.States.Any(state => state.Past == input.Name))
        {
            // A text of its own: no past. What leads is the batch, what else is open is the past's length.
            long[] past = [.. input.Shape!.Select((axis, i) => axis.Size ?? (i == 0 ? 1 : 0))];
            return new TensorData(input.Type, past, new byte[past.Aggregate(1L, (product, size) => product * size) * TensorData.SizeOf(input.Type)!.Value]);
        }
        IEnumerable<long> values = Enumerable.Range(0, entries).Select(i =>
            input.Name == _text.Inputs.Tokens ? i < ids.Length ? ids[i] : _text.Pad
            : input.Name == _text.Inputs.Mask ? i < ids.Length ? 1 : 0
            : input.Name == _text.Inputs.Positions ? i : 0L);
        long[] shape = input.Shape?.Count == 1 ? [entries] : [1, entries];
        return TensorConversion.To(TensorData.Of(shape, values.ToArray()), input.Type);
    }

    private IEnumerable<string> Texts(string path)
    {
        string full = path.Length == 0 ? _request.FullPath : Path.Combine(_request.FullPath, path);
        string all;
        try
        {
            all = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(full)).TrimStart('\uFEFF').Replace("\r\n", "\n");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw _request.Fail(PruneDiagnostics.DataFileUnreadable, path.Length == 0 ? _request.Path : path, problem is DecoderFallbackException ? "it is not UTF-8 text" : problem.Message);
        }
        string end = _request.Task == ModelTask.CausalLanguageModel ? "\n\n" : "\n";
        return all.Split(end).Select(text => text.Trim()).Where(text => text.Length > 0);
    }

    private static TextTokenizer Load(DataRequest request)
    {
        TokenizerFile file = request.Tokenizer!;
        TokenizerDefinition definition = TokenizerDefinition.Read(
            Encoding.UTF8.GetBytes(file.Definition), file.DataFile is { } data ? File.ReadAllBytes(data) : []);
        try
        {
            return definition.Kind == "llama2c" ? new Llama2cTokenizer(definition) : new PieceTokenizer(definition);
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or FormatException or InvalidDataException or NotSupportedException)
        {
            throw request.Fail(PruneDiagnostics.DataDoesNotFit, request.Path, $"its tokenizer cannot be made: {problem.Message}");
        }
    }

    // "on/lamp.txt" has the folders "on" and "lamp".
    private static string Folders(string path) => path.Length == 0 ? "" : $"{path[..^Path.GetExtension(path).Length]}/text";
}
