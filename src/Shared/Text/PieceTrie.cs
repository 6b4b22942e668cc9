namespace PruneTasks.Text;

/// <summary>Texts by their characters, to find those that begin at a place.</summary>
internal sealed class PieceTrie
{
    private readonly Dictionary<long, int> _next = [];
    private readonly List<int> _values = [-1];

    /// <summary>Adds a text; of equal ones the last counts.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="value">What is found; not negative.</param>
    public void Add(string text, int value)
    {
        int node = 0;
        foreach (char letter in text)
        {
            if (!_next.TryGetValue(Key(node, letter), out int next))
            {
                _next.Add(Key(node, letter), next = _values.Count);
                _values.Add(-1);
            }
            node = next;
        }
        _values[node] = value;
    }

    /// <summary>One character further; false where no text goes on so. Begin at node 0.</summary>
    public bool Step(ref int node, char letter) => _next.TryGetValue(Key(node, letter), out node);

    /// <summary>The value of the text that ends at a node; -1 for none.</summary>
    public int At(int node) => _values[node];

    /// <summary>The longest text at a place: its length and value; 0 and -1 for none.</summary>
    public (int Length, int Value) Longest(string text, int from)
    {
        (int Length, int Value) best = (0, -1);
        int node = 0;
        for (int i = from; i < text.Length && Step(ref node, text[i]); i++)
        {
            if (_values[node] >= 0)
                best = (i + 1 - from, _values[node]);
        }
        return best;
    }

    private static long Key(int node, char letter) => ((long)node << 16) | letter;
}
