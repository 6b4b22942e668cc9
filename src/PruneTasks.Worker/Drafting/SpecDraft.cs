using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PruneTasks.Spec;
using PruneTasks.Worker.Inspection;
using PruneTasks.Worker.Report;

namespace PruneTasks.Worker.Drafting;

/// <summary>A spec to begin with: what can be known from the model is filled in, what cannot is marked TODO, what may be wanted is commented out.</summary>
internal static partial class SpecDraft
{
    private const string Docs = "https://github.com/prunetasks/prunetasks/blob/main/docs";

    /// <summary>Writes the spec: YAML with LF that the spec reader takes as it is.</summary>
    /// <param name="inspection">The model.</param>
    /// <param name="guess">What it seems to be for.</param>
    /// <param name="modelPath">Path of the model, from the folder of the spec.</param>
    /// <param name="specFile">File name of the spec, for the advice in it.</param>
    /// <param name="tokenizer">The tokenizer's file, from the folder of the spec, and why it cannot be used as it is; null where none was found.</param>
    /// <param name="schema">Path of the JSON schema that a build puts beside its models, from the folder of the spec; null where no project is near.</param>
    public static string Write(ModelInspection inspection, ModelGuess guess, string modelPath, string specFile, (string File, string? Problem)? tokenizer = null, string? schema = null)
    {
        var text = new StringBuilder();
        // Only in its first line do editors look for it (YAML language server).
        if (schema is not null) Lines($"# yaml-language-server: $schema={Comment(schema)}");
        Lines(
            $"# What to prune, on which data, and how far. Every key: {Docs}/spec.md",
            $"# {Comment(Path.GetFileName(modelPath))}: {Figures.Count(inspection.Parameters)} parameters, {Figures.Count(inspection.Macs)} multiply-accumulates for one sample; {Places(inspection)}.",
            $"# Go through the lines marked TODO, then build the project, or: prunetasks prune --spec {Comment(specFile)} --output out",
            "version: 1",
            $"model: {Yaml(modelPath)}",
            "",
            $"# A guess: {Comment(guess.Why)}.",
            "# Others: generic, image-classification, text-classification, text-embedding, causal-lm.",
            $"task: {guess.Task.ToWord()}",
            "");
        if (guess.Task is ModelTask.ImageClassification or ModelTask.TextClassification)
        {
            string count = guess.Classes is { } classes ? string.Create(CultureInfo.InvariantCulture, $"the {classes} classes") : "the classes";
            Lines($"# Names of {count}, one per line in the order of the scores; the generated class then has an enum of them.", "# labels: labels.txt", "");
        }
        if (guess.Image is { } image) Lines(Image(image));
        if (guess.Tokens is { } tokens) Lines(Text(guess.Task, tokens, tokenizer));
        Lines(
            "data:",
            $"  # TODO Data like that of your app, {Data(guess, tokenizer is { Problem: null })}; 256 samples are plenty, 128 the least that is good. Labels are not needed.",
            "  personal: { path: data/personal, samples: 256 }",
            "  # Everyone's data steadies the repair, and shows what only your data needs.",
            "  # common: { path: data/common, samples: 256 }",
            "  # Never used to decide, only measured: what the report then says holds for data that was not seen.",
            "  # test: { path: data/test }",
            "",
            "prune:",
            "  # Half of the multiply-accumulates may remain. Also parameters, bytes, latency; with several, all hold.",
            "  budget: { macs: 0.5 }",
            "  # The same input and seed give the same bytes.",
            "  # seed: 42",
            "",
            "# What must be kept; a build that loses more fails. With 'budget: auto' the model becomes as small as this allows.",
            $"# quality: {{ metric: {Metric(guess.Task)} }}");
        return text.ToString();

        void Lines(params string[] lines)
        {
            foreach (string line in lines) text.Append(line).Append('\n');
        }
    }

    private static string[] Image(ImageGuess image)
    {
        string size = image is { Height: { } height, Width: { } width }
            ? string.Create(CultureInfo.InvariantCulture, $"  size: [{height}, {width}]")
            : string.Create(CultureInfo.InvariantCulture, $"  size: [{image.Height ?? image.Usual}, {image.Width ?? image.Usual}]   # TODO the model leaves its size open: height and width of its training");
        bool gray = image.Channels == 1;
        return
        [
            "# TODO How the model was trained to see images: (pixel * scale - mean) / std, pixels 0 to 255. Numbers that are not those of its training make every",
            "# measurement wrong. A model that normalises by itself takes scale 1 (or 1/255), mean 0, std 1.",
            "image:",
            size,
            $"  color: {(gray ? "gray" : "rgb")}",
            $"  layout: {image.Layout}",
            "  scale: 0.00392156862745098",
            gray ? "  mean: 0" : "  mean: [0.485, 0.456, 0.406]   # those of ImageNet",
            gray ? "  std: 1" : "  std: [0.229, 0.224, 0.225]",
            "  resize: shortest-edge",
            "  interpolation: bilinear",
            "  crop: center",
            "",
        ];
    }

    private static string[] Text(ModelTask task, string tokens, (string File, string? Problem)? tokenizer)
    {
        (string, string)[] options =
        [
            ($"max-length: {(task == ModelTask.CausalLanguageModel ? 2048 : 512)}", "most tokens of one text; by default what the model or the tokenizer says"),
            ("truncation: right", "what is longer is cut at its end; also left, none"),
            ($"inputs: {{ tokens: {Yaml(tokens)} }}", "by names, unless said here: tokens, mask, segments, positions"),
            .. task switch
            {
                ModelTask.TextEmbedding => [("pooling: mean", "how the vectors of tokens become one: mean, cls, last, none"), ("normalize: true", "vectors of length 1")],
                ModelTask.CausalLanguageModel => [("stop: [\"</s>\"]", "tokens that end an answer; by default the usual ones"), ("chat: { user: \"{0}\\n\", assistant: \"{0}\\n\" }", "how a conversation becomes a prompt; then the class can be an IChatClient")],
                _ => Array.Empty<(string, string)>(),
            },
        ];
        bool ready = tokenizer is { Problem: null };
        string mark = ready ? "" : "# ";
        return
        [
            ready ? "# How texts become token ids. The tokenizer was found beside the model."
                : tokenizer is { } found ? $"# TODO The tokenizer beside the model, {Comment(found.File)}, cannot be used: {Comment(found.Problem!)}."
                : "# TODO The model's tokenizer: tokenizer.json, vocab.txt, a SentencePiece .model, … Without one the class takes token ids only, and so does the data.",
            $"{mark}text:",
            $"{mark}  tokenizer: {Yaml(tokenizer?.File ?? "tokenizer.json")}",
            .. options.Select(option => $"  # {option.Item1}   # {option.Item2}"),
            "",
        ];
    }

    private static string Data(ModelGuess guess, bool texts) => guess.Task switch
    {
        ModelTask.TextClassification or ModelTask.TextEmbedding or ModelTask.CausalLanguageModel when texts => "a folder of .txt files with one text per line",
        ModelTask.ImageClassification => "a folder of images",
        ModelTask.Generic => "a folder of .npz files with an array for each input, or of ONNX test sets",
        _ => "a folder of .npz files with token ids for each input",
    };

    private static string Metric(ModelTask task) => task switch
    {
        ModelTask.ImageClassification or ModelTask.TextClassification => "agreement, max-drop: 0.05",
        ModelTask.CausalLanguageModel => "perplexity, max-drop: 0.05",
        _ => "cosine, max-drop: 0.02",
    };

    private static string Places(ModelInspection inspection) => inspection.Units.Count == 0
        ? "nothing that can be pruned was found ('prunetasks inspect' says why)"
        : $"places to prune: {string.Join(", ", inspection.Units.GroupBy(units => units.Kind, StringComparer.Ordinal).Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Count()} {kind.Key}")))}";

    // Names in a model may hold anything.
    private static string Comment(string text) => ControlCharacters().Replace(text, " ");

    private static string Yaml(string path) => PlainPath().IsMatch(path)
        ? path
        : $"\"{ControlCharacters().Replace(path, match => string.Create(CultureInfo.InvariantCulture, $"\u0001{(int)match.Value[0]:x4}")).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\u0001", "\\u", StringComparison.Ordinal)}\"";

    [GeneratedRegex(@"[\p{Cc}\p{Cf}\u2028\u2029]")]
    private static partial Regex ControlCharacters();

    [GeneratedRegex("^[A-Za-z0-9_./][A-Za-z0-9_./-]*$")]
    private static partial Regex PlainPath();
}
