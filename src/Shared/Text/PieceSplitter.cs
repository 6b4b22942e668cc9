using PruneTasks.Tokenizers;

namespace PruneTasks.Text;

/// <summary>Makes words of a text, step by step; each step is its name and arguments, as PruneTasks.Spec writes them (huggingface/tokenizers, pre_tokenizers).</summary>
internal sealed class PieceSplitter
{
    private const char Mark = '▁';

    private readonly Action<Part, List<Part>>[] _steps;

    /// <exception cref="FormatException">A step is not known.</exception>
    public PieceSplitter(IReadOnlyList<IReadOnlyList<string>> steps) => _steps = [.. steps.Select(Step)];

    /// <summary>Gives each word of a text that is not empty.</summary>
    /// <param name="text">The text.</param>
    /// <param name="atStart">Whether it is where the whole text begins.</param>
    /// <param name="word">Takes the words.</param>
    public void Split(string text, bool atStart, Action<string> word)
    {
        List<Part> parts = [new Part(text, atStart)], next = [];
        foreach (Action<Part, List<Part>> step in _steps)
        {
            next.Clear();
            foreach (Part part in parts)
                step(part, next);
            (parts, next) = (next, parts);
        }
        foreach (Part part in parts)
            word(part.Text);
    }

    private static Action<Part, List<Part>> Step(IReadOnlyList<string> step) => step switch
    {
        ["pattern", var pattern, var behavior] => new PatternSplit(pattern, behavior).Run,
        ["space"] => (part, parts) => parts.Add(part.Text[0] == ' ' ? part : part with { Text = " " + part.Text }),
        ["bytes"] => (part, parts) => parts.Add(part with { Text = ByteAlphabet.Write(part.Text) }),
        ["marks", var scheme, var split] => (part, parts) => Marks(part, scheme, split == "split", parts),
        _ => throw new FormatException($"The step '{(step.Count > 0 ? step[0] : "")}', which makes words, is not known."),
    };

    private static void Marks(Part part, string scheme, bool split, List<Part> parts)
    {
        string text = part.Text.Replace(' ', Mark);
        if (text[0] != Mark && (scheme == "always" || (scheme == "first" && part.AtStart)))
            text = Mark + text;
        int from = 0;
        for (int at = 1; split && at < text.Length; at++)
        {
            if (text[at] != Mark)
                continue;
            parts.Add(new Part(text[from..at], part.AtStart && from == 0));
            from = at;
        }
        parts.Add(new Part(text[from..], part.AtStart && from == 0));
    }

    /// <summary>A part of a text, not empty.</summary>
    private readonly record struct Part(string Text, bool AtStart);

    /// <summary>Cuts at the matches of a pattern.</summary>
    private sealed class PatternSplit(string pattern, string behavior)
    {
        private readonly WordPattern _pattern = new(pattern);

        public void Run(Part part, List<Part> parts)
        {
            List<(int From, int To, bool IsMatch)> cuts = [];
            int end = 0;
            _pattern.Each(part.Text, (at, length) =>
            {
                if (at > end)
                    cuts.Add((end, at, false));
                cuts.Add((at, at + length, true));
                end = at + length;
            });
            if (end < part.Text.Length)
                cuts.Add((end, part.Text.Length, false));
            foreach ((int from, int to) in Keep(cuts))
                parts.Add(from == 0 && to == part.Text.Length ? part : new Part(part.Text[from..to], part.AtStart && from == 0));
        }

        private IEnumerable<(int From, int To)> Keep(List<(int From, int To, bool IsMatch)> cuts)
        {
            switch (behavior)
            {
                case "isolated":
                    return cuts.Select(cut => (cut.From, cut.To));
                case "removed":
                    return cuts.Where(cut => !cut.IsMatch).Select(cut => (cut.From, cut.To));
                case "matches":
                    return cuts.Where(cut => cut.IsMatch).Select(cut => (cut.From, cut.To));
            }
            List<(int From, int To)> kept = [];
            for (int i = 0; i < cuts.Count; i++)
            {
                bool joined = i > 0 && behavior switch
                {
                    // A match goes to what is beside it, but not to a match.
                    "previous" => cuts[i].IsMatch && !cuts[i - 1].IsMatch,
                    "next" => cuts[i - 1].IsMatch && !cuts[i].IsMatch,
                    "runs" => cuts[i].IsMatch == cuts[i - 1].IsMatch,
                    _ => throw new FormatException($"A pattern splits by '{behavior}', which is not known."),
                };
                if (joined)
                    kept[^1] = (kept[^1].From, cuts[i].To);
                else
                    kept.Add((cuts[i].From, cuts[i].To));
            }
            return kept;
        }
    }
}
