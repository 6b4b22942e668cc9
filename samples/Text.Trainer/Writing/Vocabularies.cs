using System.Text;

namespace Text.Trainer.Writing;

/// <summary>Makes vocabularies: BERT's for the sentences, llama2.c's for the stories.</summary>
internal static class Vocabularies
{
    private const int FirstByte = 3;

    /// <summary>The lines of a vocab.txt: BERT's special tokens, punctuation, letters alone and inside words, words.</summary>
    public static string[] WordPiece(IEnumerable<string> words)
    {
        char[] letters = [.. Enumerable.Range('a', 26).Select(c => (char)c)];
        return
        [
            .. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", ".", "?", "!", "'" }
                .Concat(letters.Select(c => c.ToString())).Concat(letters.Select(c => $"##{c}")).Concat(words).Distinct(),
        ];
    }

    /// <summary>
    /// A vocabulary of byte-pair encoding (Sennrich et al. 2016) in the format of llama2.c: the commonest pair of neighbours inside words is joined, over
    /// and over; what was joined first scores highest.
    /// </summary>
    public static byte[] BytePairs(IEnumerable<string> texts, int size)
    {
        var words = texts.SelectMany(Words).GroupBy(word => word).Select(group => (Pieces: group.Key.Select(c => c.ToString()).ToList(), Count: group.Count())).ToList();
        List<string> tokens = [.. words.SelectMany(word => word.Pieces).Distinct().Order(StringComparer.Ordinal)];
        var joined = 0;
        List<(string Token, float Score)> all = [.. tokens.Select(token => (token, -1e6f))];
        while (FirstByte + 256 + all.Count < size)
        {
            var pair = words
                .SelectMany(word => Enumerable.Range(0, word.Pieces.Count - 1).Select(i => (Left: word.Pieces[i], Right: word.Pieces[i + 1], word.Count)))
                .GroupBy(found => (found.Left, found.Right))
                .Select(group => (group.Key, Count: group.Sum(found => found.Count)))
                .OrderByDescending(group => group.Count).ThenBy(group => group.Key.Left + group.Key.Right, StringComparer.Ordinal)
                .FirstOrDefault();
            if (pair.Count < 2)
                break;
            foreach (var (pieces, _) in words)
            {
                for (var i = 0; i + 1 < pieces.Count; i++)
                {
                    if (pieces[i] != pair.Key.Left || pieces[i + 1] != pair.Key.Right)
                        continue;
                    pieces[i] += pieces[i + 1];
                    pieces.RemoveAt(i + 1);
                }
            }

            all.Add((pair.Key.Left + pair.Key.Right, -joined++));
        }

        return Write([("<unk>", 0), ("\n<s>\n", 0), ("\n</s>\n", 0), .. Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 0f)), .. all]);
    }

    // A word has the space before it, as the tokenizer will see it.
    private static IEnumerable<string> Words(string text) => text.Split(' ').Select(word => " " + word);

    private static byte[] Write(IReadOnlyList<(string Token, float Score)> tokens)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(tokens.Max(token => Encoding.UTF8.GetByteCount(token.Token)));
        foreach (var (token, score) in tokens)
        {
            var bytes = Encoding.UTF8.GetBytes(token);
            writer.Write(score);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }

        writer.Flush();
        return stream.ToArray();
    }
}
