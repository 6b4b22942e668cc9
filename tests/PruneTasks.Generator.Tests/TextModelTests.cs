using PruneTasks.Generator.Tests.Harness;
using PruneTasks.Tests;
using static PruneTasks.Generator.Tests.Harness.TextApp;

namespace PruneTasks.Generator.Tests;

/// <summary>Calls with texts, compiled and run on real models against the outputs recorded from ONNX Runtime. Above 12 KB: the apps are written out.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class TextModelTests
{
    [Theory]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op13")]
    [InlineData("text-encoder-toy-102k/text_encoder_toy_op17")]
    public void Text_classifier_gives_the_recorded_scores_and_allocates_nothing(string file)
    {
        long[] ids = Npz.Read<long>(SharedModels.Require(file + ".ort1311_io.npz"), "in__input_ids");
        float[] logits = Npz.Read<float>(SharedModels.Require(file + ".ort1311_io.npz"), "out__logits");
        ManifestText manifest = new ManifestText("Sentiment", "sentiment").With("task", "text-classification").Labels("bad", "good")
            .Input("input_ids", "int64", "batch", 15).Output("logits", "float32", "batch", 2)
            .With("text", Node($$"""{ "tokens": "input_ids", "mask": null, "output": "logits", "maxLength": 15, "pooling": "none", "normalize": false, "width": 2, "tokenizer": null, {{Settings}} }"""));
        Type app = Load(manifest, file + ".onnx", """
            public static float[] Scores(long[] ids)
            {
                using var model = new App.Sentiment();
                int[] lengths = new int[ids.Length / 15];
                System.Array.Fill(lengths, 15);
                var all = model.ClassifyAll(ids, lengths);
                var scores = new float[2 * lengths.Length];
                var both = new PruneTasks.Prediction<App.SentimentLabel>[2];
                for (int i = 0; i < lengths.Length; i++)
                {
                    var row = System.MemoryExtensions.AsSpan(ids, i * 15, 15);
                    if (model.Classify(row, both) != 2 || model.Classify(row).Label != both[0].Label || all[i].Label != both[0].Label) throw new System.InvalidOperationException();
                    foreach (var prediction in both) scores[2 * i + (int)prediction.Label] = prediction.Score;
                }
                return scores;
            }
            public static long Allocated(int[] ids)
            {
                using var model = new App.Sentiment();
                long before = 0;
                for (int i = 0; i < 1010; i++)
                {
                    if (i == 10) before = System.GC.GetAllocatedBytesForCurrentThread();
                    model.Classify(System.MemoryExtensions.AsSpan(ids, 0, 5 + i % 3));
                }
                return System.GC.GetAllocatedBytesForCurrentThread() - before;
            }
            public static int Refusals()
            {
                using var model = new App.Sentiment();
                int refused = 0;
                foreach (int length in new[] { 0, 16 })
                    try { model.Classify(new int[length]); } catch (System.ArgumentException) { refused++; }
                try { model.Classify(new int[] { 1000000 }); } catch (PruneTasks.ModelException) { refused++; }
                return refused;
            }
            """);
        float[] actual = Call<float[]>(app, "Scores", ids);
        for (int i = 0; i < logits.Length; i += 2)
        {
            double good = 1 / (1 + Math.Exp(logits[i] - logits[i + 1]));
            Assert.Equal(good, actual[i + 1], 1e-5);
            Assert.Equal(1 - good, actual[i], 1e-5);
        }
        Assert.Equal(0L, Allocations.Least(() => Call<long>(app, "Allocated", ids.Select(id => (int)id).Take(15).ToArray())));
        Assert.Equal(3, Call<int>(app, "Refusals"));
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("none", true)]
    [InlineData("mean", true)]
    [InlineData("cls", false)]
    [InlineData("last", false)]
    public void Embeddings_are_pooled_and_normalised(string pooling, bool normalize)
    {
        // The language model's scores stand in for vectors of tokens, the classifier's for one vector.
        bool one = pooling == "none";
        string file = one ? "text-encoder-toy-102k/text_encoder_toy_op17" : "stories260K/stories260K_op17";
        int length = one ? 15 : 6, width = one ? 2 : 512;
        long[] ids = Npz.Read<long>(SharedModels.Require(file + ".ort1311_io.npz"), "in__input_ids")[..length];
        ManifestText manifest = new ManifestText("Embedder", "embedder").With("task", "text-embedding")
            .Input("input_ids", "int64", "batch", one ? 15 : "seq");
        manifest = one ? manifest.Output("logits", "float32", "batch", 2) : manifest.Output("logits", "float32", "batch", "seq", 512);
        manifest.With("text", Node($$"""{ "tokens": "input_ids", "mask": null, "output": "logits", "maxLength": {{Math.Max(length, 15)}}, "pooling": "{{pooling}}", "normalize": {{(normalize ? "true" : "false")}}, "width": {{width}}, "tokenizer": null, {{Settings}} }"""));
        Type app = Load(manifest, file + ".onnx", """
            public static float[] Raw(long[] ids)
            {
                using var model = new App.Embedder();
                using var output = model.Run(ids);
                return output.Logits.Span.ToArray();
            }
            public static float[] Embed(long[] ids)
            {
                using var model = new App.Embedder();
                var vector = new float[App.Embedder.Dimensions];
                model.Embed(ids, vector);
                var twice = new float[2 * App.Embedder.Dimensions];
                model.EmbedAll((long[])[.. ids, .. ids], new int[] { ids.Length, ids.Length }, twice);
                for (int i = 0; i < twice.Length; i++)
                    if (System.MathF.Abs(twice[i] - vector[i % vector.Length]) > 1e-5f) throw new System.InvalidOperationException();
                return vector;
            }
            public static long Allocated(long[] ids)
            {
                using var model = new App.Embedder();
                var vector = new float[App.Embedder.Dimensions];
                long before = 0;
                for (int i = 0; i < 1010; i++)
                {
                    if (i == 10) before = System.GC.GetAllocatedBytesForCurrentThread();
                    model.Embed(ids, vector);
                }
                return System.GC.GetAllocatedBytesForCurrentThread() - before;
            }
            """);
        float[] raw = Call<float[]>(app, "Raw", ids), vector = Call<float[]>(app, "Embed", ids);
        Assert.Equal(0L, Allocations.Least(() => Call<long>(app, "Allocated", ids)));
        double[] expected = [.. Enumerable.Range(0, width).Select(i => pooling switch
        {
            "mean" => Enumerable.Range(0, length).Average(token => (double)raw[(token * width) + i]),
            "last" => raw[((length - 1) * width) + i],
            _ => raw[i],
        })];
        double norm = normalize ? Math.Sqrt(expected.Sum(value => value * value)) : 1;
        for (int i = 0; i < width; i++)
            Assert.Equal(expected[i] / norm, vector[i], 1e-5);
    }

    [Theory]
    [InlineData("stories260K/stories260K_op13")]
    [InlineData("stories260K/stories260K_op17")]
    public void Language_model_gives_the_recorded_scores_and_the_recorded_greedy_text(string file)
    {
        long[] ids = Npz.Read<long>(SharedModels.Require(file + ".ort1311_io.npz"), "in__input_ids");
        float[] logits = Npz.Read<float>(SharedModels.Require(file + ".ort1311_io.npz"), "out__logits");
        int batch = (int)Math.Max(1, ids.Length * 512 / logits.Length), length = ids.Length / batch;
        ManifestText manifest = new ManifestText("Stories", "stories").With("task", "causal-lm")
            .Input("input_ids", "int64", "batch", "seq").Output("logits", "float32", "batch", "seq", 512)
            .With("text", Node($$"""{ "tokens": "input_ids", "mask": null, "output": "logits", "maxLength": 256, "pooling": "none", "normalize": false, "width": 512, "tokenizer": "llama2c", "tokenizerData": true, {{Settings.Replace(", \"tokenizerData\": false", "").Replace("\"stop\": []", "\"stop\": [1]")}} }"""));
        byte[] vocabulary = File.ReadAllBytes(SharedModels.Require("stories260K/tok512.bin"));
        byte[] definition = """{ "version": 2, "kind": "llama2c", "start": [1], "stop": [1] }"""u8.ToArray();
        Type app = Load(manifest, file + ".onnx", """
            public static float[] Append(int[] ids)
            {
                using var model = new App.Stories();
                using var session = model.CreateSession();
                var all = new float[ids.Length * App.Stories.VocabularySize];
                for (int i = 0; i < ids.Length; i++)
                    session.Append(new int[] { ids[i] }).CopyTo(System.MemoryExtensions.AsSpan(all, i * 512));
                // All at once gives the same as one by one.
                using var other = model.CreateSession(ids.Length);
                var last = other.Append(ids);
                for (int i = 0; i < 512; i++)
                    if (System.MathF.Abs(last[i] - all[all.Length - 512 + i]) > 1e-5f) throw new System.InvalidOperationException();
                return all;
            }
            public static int[] GreedyIds(int[] prompt, int count)
            {
                using var model = new App.Stories();
                using var session = model.CreateSession();
                var ids = new System.Collections.Generic.List<int>();
                async System.Threading.Tasks.Task Fill()
                {
                    await foreach (int id in session.GenerateAsync(prompt, new PruneTasks.GenerationOptions { MaxNewTokens = count })) ids.Add(id);
                }
                Fill().GetAwaiter().GetResult();
                return ids.ToArray();
            }
            public static string Greedy(string prompt, int count, out int tokens)
            {
                using var model = new App.Stories();
                using var session = model.CreateSession();
                var text = Write(session, prompt, new PruneTasks.GenerationOptions { MaxNewTokens = count }).GetAwaiter().GetResult();
                tokens = session.Length;
                return text;
            }
            public static string Continued(string prompt, int[] counts)
            {
                using var model = new App.Stories();
                using var session = model.CreateSession();
                var text = "";
                foreach (int count in counts)
                {
                    text += Write(session, prompt, new PruneTasks.GenerationOptions { MaxNewTokens = count }).GetAwaiter().GetResult();
                    prompt = "";
                }
                return text;
            }
            public static bool SeedsCount()
            {
                using var model = new App.Stories();
                string Told(ulong seed, float p, int k)
                {
                    using var session = model.CreateSession();
                    return Write(session, "Once upon a time", new PruneTasks.GenerationOptions { MaxNewTokens = 24, Temperature = 0.9f, TopP = p, TopK = k, Seed = seed }).GetAwaiter().GetResult();
                }
                return Told(1, 0.9f, 0) == Told(1, 0.9f, 0) && Told(1, 1f, 40) != Told(2, 1f, 40) && Told(3, 1f, 1) == Told(4, 1f, 1);
            }
            public static long Allocated(int[] ids)
            {
                using var model = new App.Stories();
                using var session = model.CreateSession();
                var one = new int[1];
                long before = 0;
                for (int i = 0; i < 1010; i++)
                {
                    if (i == 10) before = System.GC.GetAllocatedBytesForCurrentThread();
                    if (i % 5 == 0) session.Rewind(0);
                    one[0] = ids[i % 5];
                    session.Append(one);
                }
                return System.GC.GetAllocatedBytesForCurrentThread() - before;
            }
            private static async System.Threading.Tasks.Task<string> Write(App.StoriesSession session, string prompt, PruneTasks.GenerationOptions options)
            {
                var text = new System.Text.StringBuilder();
                await foreach (string piece in session.GenerateAsync(prompt, options)) text.Append(piece);
                return text.ToString();
            }
            """, ("PruneTasks.stories.tokenizer.json", definition), ("PruneTasks.stories.tokenizer.bin", vocabulary));
        float[] actual = Call<float[]>(app, "Append", ids.Take(length).Select(id => (int)id).ToArray());
        for (int i = 0; i < actual.Length; i++)
            Assert.Equal(logits[i], actual[i], 1e-5f);
        long[] greedy = Npz.Read<long>(SharedModels.Require("stories260K/expected.npz"), "greedy"), given = Npz.Read<long>(SharedModels.Require("stories260K/expected.npz"), "input_ids");
        int[] wanted = [.. greedy.Select(id => (int)id)], prompt = [.. given.Select(id => (int)id)];
        // The recording may begin with the prompt.
        int skip = wanted.AsSpan().StartsWith(prompt) ? prompt.Length : 0;
        Assert.Equal(wanted[skip..], Call<int[]>(app, "GreedyIds", skip > 0 ? prompt : wanted[..1], wanted.Length - skip));
        object?[] arguments = ["Once upon a time, there was a little girl", 40, 0];
        string text = (string)app.GetMethod("Greedy")!.Invoke(null, arguments)!;
        Assert.StartsWith(" named", text);
        Assert.InRange((int)arguments[2]!, 41, 60);
        // Also where it goes on without a prompt, after each token.
        Assert.Equal(text, Call<string>(app, "Continued", "Once upon a time, there was a little girl", Enumerable.Repeat(1, 40).ToArray()));
        Assert.True(Call<bool>(app, "SeedsCount"));
        Assert.Equal(0L, Allocations.Least(() => Call<long>(app, "Allocated", ids.Take(5).Select(id => (int)id).ToArray())));
    }
}
