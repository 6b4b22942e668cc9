using System.Globalization;
using System.Text;
using PersonalVision.Trainer.Drawing;
using PruneTasks.Text;
using Text.Trainer.Training;
using Text.Trainer.Writing;

namespace Text.Trainer;

/// <summary>Everything of samples/TextIntent that is not code.</summary>
internal static class IntentModel
{
    private const int Batch = 64;
    private const int HeldBack = 600;

    /// <summary>Writes the files; returns the exit code.</summary>
    public static int Make(string sample, int steps)
    {
        string[] labels = [.. Intents.Labels];
        WriteData(Path.Combine(sample, "data"), labels);
        File.WriteAllText(Path.Combine(sample, "labels.txt"), string.Join('\n', labels) + "\n");
        var vocabulary = Vocabularies.WordPiece(Intents.Words);
        File.WriteAllText(Path.Combine(sample, "vocab.txt"), string.Join('\n', vocabulary) + "\n");

        var tokenizer = Tokenizer(vocabulary);
        var shape = new TextTransformerShape(vocabulary.Length, Length: 32, Width: 96, Depth: 3, Heads: 4, Hidden: 384, labels.Length, Causal: false);
        TextBatch Texts(ulong seed, int count) => TextBatch.Of(
            [.. Enumerable.Range(0, count).Select(i => Intents.Anybody(i % labels.Length, Dice.Of(seed, (ulong)i))).Select(text => (tokenizer.Encode(text.Text, 32), text.Intent))], 0, causal: false);
        return Workshop.Make(shape, "intents", steps, 1e-3, step => Texts(1000 + (ulong)step, Batch), Texts(7, HeldBack), Path.Combine(sample, "intents.onnx"));
    }

    private static void WriteData(string folder, string[] labels)
    {
        Write("common", [.. Enumerable.Range(0, labels.Length)], 20, 1, Intents.Anybody);
        Write("personal", Intents.Personal, 60, 2, Intents.One);
        Write("test-everyone", [.. Enumerable.Range(0, labels.Length)], 40, 3, Intents.Anybody);
        Write("test-personal", Intents.Personal, 60, 4, Intents.One);

        void Write(string set, int[] intents, int count, ulong seed, Func<int, Dice, Sentence> write)
        {
            Directory.CreateDirectory(Path.Combine(folder, set));
            foreach (var intent in intents)
            {
                var texts = Enumerable.Range(0, count).Select(i => write(intent, Dice.Of(seed, (ulong)intent, (ulong)i)).Text);
                File.WriteAllText(Path.Combine(folder, set, labels[intent] + ".txt"), string.Join('\n', texts) + "\n");
            }
        }
    }

    private static PieceTokenizer Tokenizer(string[] vocabulary)
    {
        string Quoted(string token) => "\"" + token.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
        string Id(string token) => Array.IndexOf(vocabulary, token).ToString(CultureInfo.InvariantCulture);
        var json = $$"""
            { "version": 2, "kind": "wordpiece", "unknown": {{Id("[UNK]")}}, "prefix": "##",
              "steps": [["clean"], ["chinese"], ["form", "D"], ["stripAccents"], ["lowercase"]],
              "splits": [["pattern", "\\s+", "removed"], ["pattern", "[!-/:-@\\[-`{-~\\p{P}]", "isolated"]],
              "start": [{{Id("[CLS]")}}], "end": [{{Id("[SEP]")}}], "tokens": [{{string.Join(", ", vocabulary.Select(Quoted))}}] }
            """;
        return new PieceTokenizer(TokenizerDefinition.Read(Encoding.UTF8.GetBytes(json), []));
    }
}
