using PruneTasks.Json;
using PruneTasks.Pruning;
using PruneTasks.Torch.Probing;

namespace PruneTasks.Worker.Report;

/// <summary>The field <c>partition</c> of report.json (docs/report.md).</summary>
internal static class PartitionJson
{
    /// <summary>The field; null without common data.</summary>
    public static JsonValue Of(PartitionReport? report) => report is null ? JsonValue.Null
        : report.Sites is null ? JsonValue.Object(("notMeasured", JsonValue.Of(report.NotMeasured ?? "")), ("idle", Text(report.Idle)))
        : JsonValue.Object(
            ("personal", JsonValue.Of((long)report.Personal)),
            ("common", JsonValue.Of((long)report.Common)),
            ("idle", Text(report.Idle)),
            ("sites", Level(report.Sites)),
            ("units", report.Units is { } units ? Level(units) : JsonValue.Null));

    private static JsonValue Level(MeasuredPartition level)
    {
        GroupPartition partition = level.Partition;
        return JsonValue.Object(
            ("separable", JsonValue.Of(partition.Separable)),
            ("spread", EvaluationJson.Number(partition.Spread)),
            ("nullSpread", EvaluationJson.Number(partition.NullSpread)),
            ("furtherThanNull", EvaluationJson.Number(partition.Further)),
            ("decidedByChance", JsonValue.Of((long)partition.NullDecided)),
            ("rankCorrelation", EvaluationJson.Number(partition.RankCorrelation)),
            ("passes", EvaluationJson.Number(level.Passes)),
            ("choice", JsonValue.Of(level.Choice.Reason)),
            ("groups", JsonValue.Array(partition.Groups.Select(Group))));
    }

    private static JsonValue Text(string? text) => text is null ? JsonValue.Null : JsonValue.Of(text);

    private static JsonValue Group(GroupScore group) => JsonValue.Object(
        ("name", JsonValue.Of(group.Name)),
        ("class", JsonValue.Of(NameOf(group.Class))),
        ("personal", EvaluationJson.Number(group.Personal)),
        ("common", EvaluationJson.Number(group.Common)),
        ("score", EvaluationJson.Number(group.Score)),
        ("low", EvaluationJson.Number(group.Interval.Low)),
        ("high", EvaluationJson.Number(group.Interval.High)),
        ("support", EvaluationJson.Number(group.Support)));

    /// <summary>Name of a class in reports.</summary>
    public static string NameOf(GroupClass group) => group switch
    {
        GroupClass.Personal => "personal",
        GroupClass.Common => "common",
        _ => "undecided",
    };
}
