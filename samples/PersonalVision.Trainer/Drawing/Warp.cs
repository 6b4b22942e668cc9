using System.Numerics;

namespace PersonalVision.Trainer.Drawing;

/// <summary>
/// A smooth random displacement of the glyph's box: three plane waves per axis of low frequency. Because it depends on the
/// place alone, strokes that meet still meet after it.
/// </summary>
internal readonly struct Warp
{
    private const int Waves = 3;
    private readonly Vector4[] _waves; // direction x, direction y, phase, amplitude; first the x displacement's, then y's

    public Warp(Dice dice, float amplitude)
    {
        _waves = new Vector4[2 * Waves];
        for (var i = 0; i < _waves.Length; i++)
        {
            _waves[i] = new Vector4(dice.Between(-6f, 6f), dice.Between(-6f, 6f), dice.Between(0f, 6.2831855f),
                amplitude * dice.Between(0.4f, 1f));
        }
    }

    public Vector2 Apply(Vector2 point) => point + new Vector2(Sum(point, 0), Sum(point, Waves));

    private float Sum(Vector2 point, int from)
    {
        var sum = 0f;
        for (var i = from; i < from + Waves; i++)
            sum += _waves[i].W * MathF.Sin(_waves[i].X * point.X + _waves[i].Y * point.Y + _waves[i].Z);
        return sum;
    }
}
