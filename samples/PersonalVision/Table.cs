namespace PersonalVision;

/// <summary>Plain text in columns: the first and the last to the left, the figures between them to the right.</summary>
internal static class Table
{
    public static void Print(string[][] rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (var row in rows)
        {
            var cells = row.Select((cell, column) =>
                column == 0 || column == row.Length - 1 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            Console.WriteLine(string.Join("   ", cells).TrimEnd());
        }
    }
}
