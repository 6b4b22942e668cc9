using PruneTasks.Json;

namespace PruneTasks.Worker.Timing;

/// <summary>What one kind of place saves; all places of a model with the same units and cost share one.</summary>
/// <param name="Sites">Indices of the places, in the model's order.</param>
/// <param name="Points">Widths with the share of the dense model's time that one such place saves.</param>
internal sealed record TimedShape(IReadOnlyList<int> Sites, IReadOnlyList<(int Keep, double Saved)> Points);

/// <summary>A table as it lies in the cache.</summary>
/// <param name="Processor">Where it was measured.</param>
/// <param name="Start">Time of the model before units go, as a share of the dense model's.</param>
/// <param name="Shapes">What was timed.</param>
internal sealed record TimedShapes(string Processor, double Start, IReadOnlyList<TimedShape> Shapes)
{
    /// <summary>As JSON; shares have four digits.</summary>
    public string ToJson() => JsonWriter.Write(JsonValue.Object(
        ("version", JsonValue.Of(1L)),
        ("processor", JsonValue.Of(Processor)),
        ("start", JsonValue.Of(Math.Round(Start, 4))),
        ("shapes", JsonValue.Array(Shapes.Select(shape => JsonValue.Object(
            ("sites", JsonValue.Array(shape.Sites.Select(site => JsonValue.Of((long)site)))),
            ("points", JsonValue.Array(shape.Points.Select(p => JsonValue.Object(("keep", JsonValue.Of((long)p.Keep)), ("saved", JsonValue.Of(Math.Round(p.Saved, 6)))))))))))));

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonReadException">It is something else.</exception>
    public static TimedShapes Parse(string text)
    {
        JsonValue root = JsonReader.Read(text);
        root.RequireVersion(1);
        return new TimedShapes(
            root.RequireString("processor"),
            root.RequireDouble("start"),
            [.. root.RequireArray("shapes").Items.Select(shape => new TimedShape(
                [.. shape.RequireArray("sites").Items.Select(site => (int)site.AsLong("sites"))],
                [.. shape.RequireArray("points").Items.Select(p => (p.RequireInt("keep"), p.RequireDouble("saved")))]))]);
    }
}
