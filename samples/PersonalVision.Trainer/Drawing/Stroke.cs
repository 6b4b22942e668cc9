using System.Globalization;
using System.Numerics;

namespace PersonalVision.Trainer.Drawing;

/// <summary>One movement of the pen: points in the glyph's unit box (y downwards), densely sampled.</summary>
/// <param name="Points">Samples along the stroke, about 0.04 apart.</param>
/// <param name="Closed">Whether the pen comes back to its start.</param>
internal sealed record Stroke(Vector2[] Points, bool Closed)
{
    private const float Spacing = 0.04f;

    /// <summary>Reads the strokes of one spelling; the notation is described at <see cref="GlyphTable"/>.</summary>
    public static IReadOnlyList<Stroke> ParseAll(string text) => [.. text.Split(';').Select(Parse)];

    private static Stroke Parse(string text)
    {
        Vector2[] knots = [.. text[1..].Split(' ').Select(ParsePoint)];
        var closed = knots.Length > 3 && knots[0] == knots[^1];
        return text[0] switch
        {
            '-' => new Stroke(Straight(knots), closed),
            '~' => new Stroke(Curve(knots, closed), closed),
            _ => throw new FormatException($"A stroke starts with '-' or '~': {text}"),
        };
    }

    private static Vector2 ParsePoint(string text)
    {
        var comma = text.IndexOf(',');
        return new Vector2(int.Parse(text.AsSpan(0, comma), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                           int.Parse(text.AsSpan(comma + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)) / 100f;
    }

    private static Vector2[] Straight(Vector2[] knots)
    {
        List<Vector2> points = [knots[0]];
        for (var i = 1; i < knots.Length; i++)
        {
            var pieces = Pieces(knots[i - 1], knots[i]);
            for (var k = 1; k <= pieces; k++)
                points.Add(Vector2.Lerp(knots[i - 1], knots[i], (float)k / pieces));
        }

        return [.. points];
    }

    // Catmull-Rom: the curve passes through every knot, the tangent there is half the chord of its neighbours.
    private static Vector2[] Curve(Vector2[] knots, bool closed)
    {
        var last = knots.Length - 1;
        List<Vector2> points = [knots[0]];
        for (var i = 0; i < last; i++)
        {
            var before = i > 0 ? knots[i - 1] : closed ? knots[last - 1] : knots[0];
            var after = i + 2 <= last ? knots[i + 2] : closed ? knots[1] : knots[last];
            var pieces = Pieces(knots[i], knots[i + 1]);
            for (var k = 1; k <= pieces; k++)
                points.Add(Blend(before, knots[i], knots[i + 1], after, (float)k / pieces));
        }

        return [.. points];
    }

    private static Vector2 Blend(Vector2 a, Vector2 b, Vector2 c, Vector2 d, float t) =>
        0.5f * (2f * b + (c - a) * t + (2f * a - 5f * b + 4f * c - d) * (t * t) + (3f * b - a - 3f * c + d) * (t * t * t));

    private static int Pieces(Vector2 from, Vector2 to) => Math.Max(1, (int)MathF.Ceiling(Vector2.Distance(from, to) / Spacing));
}
