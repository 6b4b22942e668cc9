using System.Text;
using PersonalVision.Trainer.Drawing;
using PruneTasks.Text;
using Text.Trainer.Training;
using Text.Trainer.Writing;

namespace Text.Trainer;

/// <summary>Everything of samples/StoryTeller that is not code.</summary>
internal static class StoryModel
{
    private const int Tokens = 512;
    private const int Length = 128;
    private const int Batch = 24;
    private const int HeldBack = 64;

    /// <summary>Writes the files; returns the exit code.</summary>
    public static int Make(string sample, int steps)
    {
        WriteData(Path.Combine(sample, "data"));
        var vocabulary = Vocabularies.BytePairs(Enumerable.Range(0, 4000).Select(i => Stories.Anybody(Dice.Of(9, (ulong)i))), Tokens);
        File.WriteAllBytes(Path.Combine(sample, "stories.tokenizer.bin"), vocabulary);
        var tokenizer = new Llama2cTokenizer(TokenizerDefinition.Read("""{ "version": 2, "kind": "llama2c", "start": [1] }"""u8.ToArray(), vocabulary));

        var shape = new TextTransformerShape(Tokens, Length, Width: 96, Depth: 3, Heads: 4, Hidden: 384, Outputs: Tokens, Causal: true);
        // The token for the beginning also ends a text, as in llama2.c.
        TextBatch Texts(ulong seed, int count) => TextBatch.Of(
            [.. Enumerable.Range(0, count).Select(i => ((int[])[.. tokenizer.EncodePrompt(Stories.Anybody(Dice.Of(seed, (ulong)i))), 1]).Take(Length).ToArray()).Select(ids => (ids, 0))], 0, causal: true);
        return Workshop.Make(shape, "stories", steps, 2e-3, step => Texts(1000 + (ulong)step, Batch), Texts(7, HeldBack), Path.Combine(sample, "stories.onnx"));
    }

    private static void WriteData(string folder)
    {
        Write("common.txt", 96, 1, Stories.Anybody);
        Write("personal.txt", 160, 2, Stories.One);
        Write("test-everyone.txt", 64, 3, Stories.Anybody);
        Write("test-personal.txt", 64, 4, Stories.One);

        void Write(string set, int count, ulong seed, Func<Dice, string> write)
        {
            Directory.CreateDirectory(folder);
            var texts = Enumerable.Range(0, count).Select(i => write(Dice.Of(seed, (ulong)i)));
            File.WriteAllText(Path.Combine(folder, set), string.Join("\n\n", texts) + "\n", new UTF8Encoding(false));
        }
    }
}
