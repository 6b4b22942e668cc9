using System.Numerics;

namespace PersonalVision.Trainer.Drawing;

/// <summary>Draws one glyph as a grey image of 32 x 32 pixels. The same arguments give the same pixels.</summary>
internal static class Painter
{
    public const int Side = 32;
    public const int Pixels = Side * Side;

    private const float BoxAspect = 0.74f;  // a capital letter's width over its height
    private const float RuleSpacing = 10.5f; // pixels between the lines of ruled and squared paper

    /// <summary>Draws image number <paramref name="sample"/> of a class by a writer into 1,024 bytes, row by row, 0 = black.</summary>
    public static void Draw(Writer writer, int label, ulong sample, Span<byte> pixels)
    {
        var dice = Dice.Of(0x1A, writer.Id, (ulong)label, sample);
        var spellings = GlyphTable.Spellings[label];
        var habit = new Warp(Dice.Of(0x4A, writer.Id, (ulong)label), writer.Habit);
        var wobble = new Warp(dice, writer.Wobble);
        var place = Place(writer, dice);
        var softness = dice.Between(0.45f, 0.95f);
        var radius = writer.PenRadius * dice.Between(0.88f, 1.14f);

        Span<float> ink = stackalloc float[Pixels];
        ink.Clear();
        foreach (var stroke in spellings[writer.Spelling(label, spellings.Length)])
        {
            var points = Bend(stroke, habit, wobble, writer);
            for (var i = 0; i < points.Length; i++)
                points[i] = Vector2.Transform(points[i], place);
            Rasteriser.Stroke(ink, points, radius, writer.Taper, softness);
        }

        Develop(writer, ink, dice, pixels);
    }

    // Box to pixels: centre, aspect and size, slant, turn, and a shift; each with the jitter of this image.
    private static Matrix3x2 Place(Writer writer, Dice dice)
    {
        var height = writer.Size * dice.Between(0.91f, 1.09f);
        var width = height * BoxAspect * writer.Aspect * dice.Between(0.93f, 1.07f);
        var slant = writer.Slant + dice.Between(-0.07f, 0.07f);
        return Matrix3x2.CreateTranslation(-0.5f, -0.5f)
            * Matrix3x2.CreateScale(width, height)
            * new Matrix3x2(1f, 0f, -slant, 1f, 0f, 0f)
            * Matrix3x2.CreateRotation(writer.Turn + dice.Between(-0.13f, 0.13f))
            * Matrix3x2.CreateTranslation(Side / 2f + dice.Between(-2.2f, 2.2f), Side / 2f + dice.Between(-2.2f, 2.2f));
    }

    private static Vector2[] Bend(Stroke stroke, Warp habit, Warp wobble, Writer writer)
    {
        Vector2[] points = [.. stroke.Points];
        for (var pass = 0; pass < writer.Rounding; pass++)
            Smooth(points);
        if (!stroke.Closed && points.Length > 2)
        {
            points[0] += writer.Overshoot * Vector2.Normalize(points[0] - points[2]);
            points[^1] += writer.Overshoot * Vector2.Normalize(points[^1] - points[^3]);
        }

        for (var i = 0; i < points.Length; i++)
            points[i] = wobble.Apply(habit.Apply(points[i]));
        return points;
    }

    // One pass of (1, 2, 1) / 4 along the stroke; the ends stay where they are.
    private static void Smooth(Vector2[] points)
    {
        var previous = points[0];
        for (var i = 1; i + 1 < points.Length; i++)
        {
            var here = points[i];
            points[i] = 0.25f * (previous + points[i + 1]) + 0.5f * here;
            previous = here;
        }
    }

    // Ink on paper, uneven light, grain, and now and then a speck.
    private static void Develop(Writer writer, Span<float> ink, Dice dice, Span<byte> pixels)
    {
        var contrast = (writer.Tone - writer.Ink) * dice.Between(0.85f, 1.12f);
        var light = dice.Between(-0.05f, 0.05f);
        var (lightX, lightY) = (dice.Between(-0.0035f, 0.0035f), dice.Between(-0.0035f, 0.0035f));
        var grain = dice.Between(0.015f, 0.08f);
        var (ruleX, ruleY) = (dice.Between(0f, RuleSpacing), dice.Between(0f, RuleSpacing));
        for (var specks = dice.Below(4); specks > 0; specks--)
            ink[dice.Below(Pixels)] += dice.Between(0.2f, 0.8f);

        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var line = writer.Paper == Paper.Plain ? 0f : Rule(y, ruleY);
                if (writer.Paper == Paper.Squared)
                    line = MathF.Max(line, Rule(x, ruleX));
                var tone = writer.Tone + light + lightX * (x - Side / 2) + lightY * (y - Side / 2)
                    - contrast * MathF.Max(MathF.Min(ink[y * Side + x], 1f), 0.24f * line) + grain * dice.Normal();
                pixels[y * Side + x] = (byte)(255f * Math.Clamp(tone, 0f, 1f) + 0.5f);
            }
        }
    }

    private static float Rule(int at, float from)
    {
        var distance = MathF.Abs((at + from) % RuleSpacing - RuleSpacing / 2f);
        return Math.Clamp(1f - distance, 0f, 1f);
    }
}
