using System.Text;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Damages specs: values of other kinds, keys in other places, YAML that means more than it says, and plain bytes.</summary>
internal static class SpecMutator
{
    private static readonly string[] Seeds =
    [
        "version: 1\n",
        """
        # A comment
        version: 1
        model: models/vit.onnx
        class: Vit
        namespace: App.Models
        task: image-classification
        labels: [airplane, "automobile", 'bird', 12]
        image: { size: [32, 32], color: rgb, layout: nchw, scale: 0.00392156862745098, mean: [0.5, 0.5, 0.5], std: 0.25, resize: shortest-edge, interpolation: bicubic, crop: center }
        data:
          personal: { path: data/personal, samples: 256 }
          common:   { path: data/common, weight: 0.5 }
          test:     { path: data/test }
        prune:
          seed: 42
          align: 8
          exact: true
          budget: { macs: 0.5, latency: 0.6 }
          buffer: { steps: 4, capacity: 0.2 }
          distill: { steps: 10 }
        quality: { metric: agreement, max-drop: 0.01, on-miss: warn }
        """,
        "version: 1\ntask: causal-lm\nmodel: |\n  a\n  b\ndata:\n  personal:\n    path: >-\n      folded\n      text\nprune:\n  ratios:\n    ffn: .5\n    qk: 5e-1\n    vo: 0.5\n  classes:\n  - 'a'\n  - b\n",
    ];

    private static readonly string[] Pieces =
    [
        "&a", "*a", "!!python/object:os.system", "!<tag:x>", "<<: *a", "---\n", "...\n", "%YAML 9.9\n---\n", "%TAG ! x\n", "\t", "\uFEFF", "\r", "\0", "? ", "- ", "? - ? - ", "[", "]", "{", "}", "[[[[[[[[[[",
        "{a: {a: {a: {a: ", "'", "\"", "\\", "|", ">", "#", ": ", "::", "null", "~", "true", "yes", "NaN", ".inf", "1e999", "-0", "0x10", "0o17", "99999999999999999999", "1_000", "é\u0301\U0001F600", "\u202e", "\u2028",
        "\u0085", "key: value\n", "version: 2\n", "version: 1\n", "a: &a [*a]\n", "\"\\x\"", "\"\\uD800\"", "/etc/passwd", "../../..", "C:\\x", "|9\n", "@x", "`x`",
    ];

    /// <summary>Mutant number <paramref name="number"/> as the bytes of a file.</summary>
    public static byte[] Mutate(int seed, int number)
    {
        var random = new Random(unchecked((seed * 104729) + number));
        string text = Seeds[random.Next(Seeds.Length)];
        for (int left = random.Next(1, 6); left > 0; left--) text = Change(text, random);
        byte[] bytes = random.Next(30) switch
        {
            0 => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
            1 => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)],
            2 => Encoding.Latin1.GetBytes(text),
            3 => Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)),
            4 => Encoding.UTF8.GetBytes(text.Replace("\n", "\r", StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetBytes(text),
        };
        if (random.Next(6) == 0 && bytes.Length > 0)
        {
            for (int flips = random.Next(1, 6); flips > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }
        return bytes;
    }

    private static string Change(string text, Random random)
    {
        int at = random.Next(text.Length + 1);
        string piece = Pieces[random.Next(Pieces.Length)];
        switch (random.Next(12))
        {
            case 0: return text[..at];
            case 1: return text[..at] + text[Math.Min(text.Length, at + random.Next(1, 20))..];
            case 2: return text[..at] + string.Concat(Enumerable.Repeat(piece, random.Next(1, 4000))) + text[at..];
            case 3: return Bomb(random) + text;
            case 4:
                string[] lines = text.Split('\n');
                int line = random.Next(lines.Length);
                return string.Join('\n', [.. lines[..line], lines[random.Next(lines.Length)], .. lines[line..]]);
            case 5: return text.Replace("  ", "\t", StringComparison.Ordinal);
            case 6: return text + new string((char)random.Next(32, 0x3000), random.Next(1, 200_000));
            case 7:
                // Another value: what stands behind a colon.
                int colon = text.IndexOf(": ", at, StringComparison.Ordinal);
                int end = colon < 0 ? -1 : text.IndexOfAny([',', '\n', '}'], colon);
                return end < 0 ? text + piece : text[..(colon + 2)] + piece + text[end..];
            default: return text[..at] + piece + text[at..];
        }
    }

    // Ten aliases of ten aliases of ...
    private static string Bomb(Random random)
    {
        var text = new StringBuilder("b0: &b0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < random.Next(2, 30); i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"b{i}: &b{i} [{string.Join(", ", Enumerable.Repeat($"*b{i - 1}", 10))}]\n");
        return text.ToString();
    }
}
