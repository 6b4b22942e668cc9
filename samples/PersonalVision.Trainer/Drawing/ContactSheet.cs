namespace PersonalVision.Trainer.Drawing;

/// <summary>A picture of what the painter can do: one column per class, the first row the person's hand, the others other people's.</summary>
internal static class ContactSheet
{
    private const int Rows = 12;

    /// <summary>Draws the sheet as a PNG file.</summary>
    public static byte[] Draw()
    {
        var width = GlyphTable.Labels.Count * Painter.Side;
        var sheet = new byte[width * Rows * Painter.Side];
        var glyph = new byte[Painter.Pixels];
        for (var row = 0; row < Rows; row++)
        {
            for (var label = 0; label < GlyphTable.Labels.Count; label++)
            {
                Painter.Draw(Writer.Of(row == 0 ? ImageSets.Person : (ulong)row), label, (ulong)row, glyph);
                for (var y = 0; y < Painter.Side; y++)
                {
                    glyph.AsSpan(y * Painter.Side, Painter.Side)
                        .CopyTo(sheet.AsSpan((row * Painter.Side + y) * width + label * Painter.Side));
                }
            }
        }

        return PngWriter.Encode(sheet, width, Rows * Painter.Side);
    }
}
