using PruneTasks.Json;
using PruneTasks.Spec.Contracts;

namespace PruneTasks.Spec;

/// <summary>
/// Text that is equal for specs that mean the same: comments, order, spacing and written-out defaults make no difference, nor does the
/// folder that the spec lies in, nor how the class looks and the model is deployed, because neither changes what is pruned. Files that the spec names are hashed by the caller; here they are only paths.
/// </summary>
public static class CanonicalSpec
{
    /// <summary>The text: JSON, UTF-8 when written, LF.</summary>
    public static string Write(PruneSpec spec) => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(spec.Version)),
        ("name", JsonValue.Of(spec.Name)),
        ("model", Path(spec.Model)),
        ("class", JsonValue.Of(spec.ClassName)),
        ("namespace", JsonValue.Of(spec.Namespace)),
        ("task", JsonValue.Of(spec.Task.ToWord())),
        ("labels", Labels(spec.Labels)),
        ("image", spec.Image is { } image ? ManifestJson.Image(image) : null),
        ("text", spec.Text is { } text ? Text(text) : null),
        ("data", JsonValue.Object(
            ("personal", Source(spec.Data.Personal)),
            ("common", Source(spec.Data.Common)),
            ("test", Source(spec.Data.Test)))),
        ("prune", JsonValue.Object(
            ("seed", JsonValue.Of(spec.Prune.Seed)),
            ("classes", spec.Prune.Classes is { } classes ? JsonValue.Array(classes.Select(JsonValue.Of)) : null),
            ("align", JsonValue.Of(spec.Prune.Align)),
            ("exact", JsonValue.Of(spec.Prune.Exact)),
            ("views", JsonValue.Of(spec.Prune.Views)),
            ("flip", JsonValue.Of(spec.Prune.Flip)),
            ("allocation", JsonValue.Of(spec.Prune.Allocation)),
            ("prices", JsonValue.Of(spec.Prune.Prices)),
            ("time", JsonValue.Of(spec.Prune.Time)),
            ("threads", JsonValue.Of(spec.Prune.Threads)),
            ("method", JsonValue.Of(spec.Prune.Method)),
            ("modules", JsonValue.Of(spec.Prune.Modules)),
            ("partition", Partition(spec.Prune.Partition)),
            ("buffer", JsonValue.Object(("steps", JsonValue.Of(spec.Prune.Buffer.Steps)), ("capacity", JsonValue.Of(spec.Prune.Buffer.Capacity)))),
            ("distill", JsonValue.Object(("steps", JsonValue.Of(spec.Prune.Distill.Steps)))),
            ("budget", Budget(spec.Prune.Budget)),
            ("ratios", Ratios(spec.Prune.Ratios)))),
        ("quality", Quality(spec.Quality))));

    private static JsonValue Path(SpecPath path) => JsonValue.Of(path.Written);

    private static JsonValue? Labels(LabelSource? labels) => labels switch
    {
        { Names: { } names } => JsonValue.Array(names.Select(JsonValue.Of)),
        { File: { } file } => Path(file),
        _ => null,
    };

    private static JsonValue Text(TextSpec text) => JsonValue.Object(
        ("tokenizer", text.Tokenizer is { } tokenizer ? Path(tokenizer) : null),
        ("format", JsonValue.Of(text.Format)),
        ("lowercase", JsonValue.Of(text.Lowercase)),
        ("pattern", JsonValue.Of(text.Pattern)),
        ("max-length", Optional(text.MaxLength)),
        ("truncation", JsonValue.Of(text.Truncation)),
        ("start", Texts(text.Start)),
        ("end", Texts(text.End)),
        ("pad", Optional(text.Pad)),
        ("stop", Texts(text.Stop)),
        ("pooling", JsonValue.Of(text.Pooling)),
        ("normalize", JsonValue.Of(text.Normalize)),
        ("output", JsonValue.Of(text.Output)),
        ("inputs", JsonValue.Object(
            ("tokens", JsonValue.Of(text.Inputs.Tokens)),
            ("mask", JsonValue.Of(text.Inputs.Mask)),
            ("segments", JsonValue.Of(text.Inputs.Segments)),
            ("positions", JsonValue.Of(text.Inputs.Positions)))),
        ("chat", text.Chat is { } chat ? TextJson.Chat(chat) : null));

    private static JsonValue? Texts(IReadOnlyList<string>? texts) => texts is null ? null : JsonValue.Array(texts.Select(JsonValue.Of));

    private static JsonValue? Source(DataSource? source) => source is null ? null : JsonValue.Object(
        ("path", Path(source.Path)),
        ("samples", Optional(source.Samples)),
        ("weight", JsonValue.Of(source.Weight)));

    private static JsonValue Partition(PartitionSettings partition) => JsonValue.Object(
        ("probes", JsonValue.Of(partition.Probes)),
        ("count", JsonValue.Of(partition.Count)),
        ("solver", JsonValue.Of(partition.Solver)),
        ("bootstrap", JsonValue.Of(partition.Bootstrap)),
        ("common", JsonValue.Object(("max", Optional(partition.CommonMax)))),
        ("personal", JsonValue.Object(("max", Optional(partition.PersonalMax)))));

    private static JsonValue? Quality(QualityContract? quality) => quality is null ? null : JsonValue.Object(
        ("metric", JsonValue.Of(quality.Metric)),
        ("max-drop", JsonValue.Of(quality.MaxDrop)),
        ("on-miss", JsonValue.Of(quality.OnMiss)));

    private static JsonValue? Budget(PruneBudget? budget) => budget is null ? null : budget.Auto ? JsonValue.Of("auto") : JsonValue.Object(
        ("macs", Optional(budget.Macs)),
        ("parameters", Optional(budget.Parameters)),
        ("bytes", Optional(budget.Bytes)),
        ("latency", Optional(budget.Latency)));

    private static JsonValue? Ratios(PruneRatios? ratios) => ratios is null ? null : JsonValue.Object(
        ("ffn", JsonValue.Of(ratios.Ffn)),
        ("qk", JsonValue.Of(ratios.Qk)),
        ("vo", JsonValue.Of(ratios.Vo)),
        ("channel", JsonValue.Of(ratios.Channel)));

    private static JsonValue? Optional(double? number) => number is { } value ? JsonValue.Of(value) : null;

    private static JsonValue? Optional(int? number) => number is { } value ? JsonValue.Of((long)value) : null;
}
