namespace PersonalVision.Trainer.Drawing;

/// <summary>What the sheet under the glyph looks like.</summary>
internal enum Paper
{
    Plain,
    Ruled,
    Squared,
}

/// <summary>
/// One person's hand, pen and paper: everything that stays the same over that person's images. Lengths are in units of the
/// glyph's box, pen widths in pixels of the 32 x 32 image, tones from 0 (black) to 1 (white).
/// </summary>
internal sealed record Writer
{
    /// <summary>Identity; the whole style follows from it.</summary>
    public required ulong Id { get; init; }

    /// <summary>Shear to the right, as a share of the height.</summary>
    public required float Slant { get; init; }

    /// <summary>Width over height, relative to the class's own.</summary>
    public required float Aspect { get; init; }

    /// <summary>Height of the glyph in pixels.</summary>
    public required float Size { get; init; }

    /// <summary>Turn of the whole line of writing, in radians.</summary>
    public required float Turn { get; init; }

    /// <summary>Radius of the pen.</summary>
    public required float PenRadius { get; init; }

    /// <summary>How much the pen thins towards the ends of a stroke, 0 to 1.</summary>
    public required float Taper { get; init; }

    /// <summary>Passes of smoothing along the strokes: corners become round.</summary>
    public required int Rounding { get; init; }

    /// <summary>How far strokes run on (or, negative, stop short) at their ends.</summary>
    public required float Overshoot { get; init; }

    /// <summary>Amplitude of this writer's own shape of each class.</summary>
    public required float Habit { get; init; }

    /// <summary>Amplitude of what changes from one image to the next.</summary>
    public required float Wobble { get; init; }

    /// <summary>Tone of the ink.</summary>
    public required float Ink { get; init; }

    /// <summary>Tone of the paper.</summary>
    public required float Tone { get; init; }

    /// <summary>Lines on the paper.</summary>
    public required Paper Paper { get; init; }

    /// <summary>The style that belongs to an identity.</summary>
    public static Writer Of(ulong id)
    {
        var dice = Dice.Of(0x57, id);
        var tone = dice.Between(0.62f, 1f);
        return new Writer
        {
            Id = id,
            Slant = dice.Between(-0.22f, 0.42f),
            Aspect = dice.Between(0.72f, 1.22f),
            Size = dice.Between(18f, 25f),
            Turn = dice.Between(-0.10f, 0.10f),
            PenRadius = dice.Between(0.55f, 1.75f),
            Taper = dice.Chance(0.5f) ? 0f : dice.Between(0f, 0.7f),
            Rounding = dice.Below(7),
            Overshoot = dice.Between(-0.04f, 0.09f),
            Habit = dice.Between(0.010f, 0.055f),
            Wobble = dice.Between(0.010f, 0.048f),
            Ink = tone - dice.Between(0.34f, 0.62f),
            Tone = tone,
            Paper = dice.Chance(0.6f) ? Paper.Plain : dice.Chance(0.5f) ? Paper.Ruled : Paper.Squared,
        };
    }

    /// <summary>Which spelling of a class this writer uses, out of <paramref name="count"/>.</summary>
    public int Spelling(int label, int count) => Dice.Of(0x5E, Id, (ulong)label).Below(count);
}
