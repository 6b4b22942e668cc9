using System.Numerics;

namespace PersonalVision.Trainer.Drawing;

/// <summary>Anti-aliased strokes: each piece is a capsule, a pixel's coverage falls off linearly across the capsule's edge.</summary>
internal static class Rasteriser
{
    /// <summary>Lays a stroke over a 32 x 32 coverage map; where it crosses ink already there the darker wins.</summary>
    /// <param name="ink">Coverage, 0 to 1, row by row.</param>
    /// <param name="points">The stroke in pixels.</param>
    /// <param name="radius">Radius of the pen in pixels.</param>
    /// <param name="taper">Share of the radius that is lost at the ends.</param>
    /// <param name="softness">Half the width of the edge in pixels.</param>
    public static void Stroke(Span<float> ink, ReadOnlySpan<Vector2> points, float radius, float taper, float softness)
    {
        for (var i = 0; i + 1 < points.Length; i++)
        {
            var along = (i + 0.5f) / (points.Length - 1) * 2f - 1f;
            Capsule(ink, points[i], points[i + 1], radius * (1f - taper * along * along), softness);
        }
    }

    private static void Capsule(Span<float> ink, Vector2 from, Vector2 to, float radius, float softness)
    {
        var reach = new Vector2(radius + softness);
        var low = Vector2.Min(from, to) - reach;
        var high = Vector2.Max(from, to) + reach;
        var along = to - from;
        var scale = 1f / MathF.Max(along.LengthSquared(), 1e-9f);
        for (var y = Math.Max(0, (int)low.Y); y <= Math.Min(Painter.Side - 1, (int)high.Y); y++)
        {
            for (var x = Math.Max(0, (int)low.X); x <= Math.Min(Painter.Side - 1, (int)high.X); x++)
            {
                var pixel = new Vector2(x + 0.5f, y + 0.5f) - from;
                var nearest = along * Math.Clamp(Vector2.Dot(pixel, along) * scale, 0f, 1f);
                var coverage = (radius + softness - Vector2.Distance(pixel, nearest)) / (2f * softness);
                ref var cell = ref ink[y * Painter.Side + x];
                cell = MathF.Max(cell, MathF.Min(coverage, 1f));
            }
        }
    }
}
