namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>
/// What <see cref="FourKindsApp"/> runs: every kind of call on inputs that are always the same. It prints floats so that they can be read back exactly, hence
/// two equal outputs are equal bit by bit.
/// </summary>
internal static class FourKindsProgram
{
    /// <summary>The program.</summary>
    public const string Text = """
        using System;
        using System.Globalization;
        using System.Linq;
        using App;
        using Microsoft.Extensions.AI;
        using Microsoft.Extensions.DependencyInjection;
        using PruneTasks;
        using PruneTasks.Text;

        ModelOptions options = new() { IntraOpThreads = 1, InterOpThreads = 1 };

        using (Glyphs glyphs = new(options))
        {
            Prediction<GlyphsLabel>[] top = new Prediction<GlyphsLabel>[3];
            foreach ((int width, int height) in new[] { (32, 32), (61, 45), (20, 28) })
            {
                byte[] pixels = new byte[width * height * 3];
                for (int i = 0; i < pixels.Length; i++)
                    pixels[i] = (byte)((i * 7) ^ (i / width * 13));
                int count = glyphs.Classify(new PixelSpan(pixels, width, height, PixelFormat.Rgb24), top);
                Print($"image {width} x {height}", string.Join(", ", top.Take(count).Select(best => best.Label.ToText() + " " + Text(best.Score))));
            }
            Print("card of the image model", $"{Glyphs.Card}");
        }

        using (Intents intents = new(options))
        {
            string[] texts = ["hey, it is too dark in the attic", "wake me in ten minutes", "play a song by red river"];
            foreach (string text in texts)
            {
                Prediction<IntentsLabel> best = intents.Classify(text);
                Print(text, best.Label.ToText() + " " + Text(best.Score));
            }
            Print("all at once", string.Join(", ", intents.ClassifyAll(texts).Select(best => best.Label.ToText() + " " + Text(best.Score))));
        }

        using (Stories stories = new(options))
        {
            using StoriesSession greedy = stories.CreateSession();
            string story = "";
            await foreach (string text in greedy.GenerateAsync("One day Mia", new GenerationOptions { MaxNewTokens = 24 }))
                story += text;
            Print("likeliest", story);
            using StoriesSession drawn = stories.CreateSession();
            story = "";
            await foreach (string text in drawn.GenerateAsync("One day Mia", new GenerationOptions { MaxNewTokens = 24, Temperature = 0.8f, TopP = 0.9f, Seed = 7 }))
                story += text;
            Print("drawn", story);
        }

        using (Stories chatting = new(options))
        using (IChatClient chat = chatting.AsChatClient())
        {
            ChatResponse answer = await chat.GetResponseAsync("One day Finn", new ChatOptions { MaxOutputTokens = 16, Temperature = 0 });
            Print("chat", answer.Text);
        }

        using (Vectors vectors = new(options))
        {
            float[] vector = new float[Vectors.Dimensions];
            vectors.Embed("wake me in ten minutes", vector);
            Print("embedding", string.Join(" ", vector.Select(Text)));
            IEmbeddingGenerator<string, Embedding<float>> generator = vectors;
            Print("the same by the interface", string.Join(" ", (await generator.GenerateVectorAsync("wake me in ten minutes")).ToArray().Select(Text)));
        }

        await using (ServiceProvider services = new ServiceCollection().AddGlyphs().BuildServiceProvider())
            Print("from the container", services.GetRequiredService<IGlyphs>().Classify(new PixelSpan(new byte[32 * 32], 32, 32, PixelFormat.Gray8)).Label.ToText());

        using (Recorded recorded = new(options))
        {
            long[] ids = [2, 9, 17, 30, 3, 2, 11, 8, 21, 3];
            using RecordedOutput output = recorded.Run(ids, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], batch: 2);
            Print("generic", string.Join(" ", output.Logits.Span.ToArray().Select(Text)));
            using RecordedRequest request = recorded.CreateRequest(new RecordedAxes(1, 5));
            ids.AsSpan(0, 5).CopyTo(request.InputIds);
            request.AttentionMask.Fill(1);
            await request.RunAsync();
            Print("request", string.Join(" ", request.Logits.Span.ToArray().Select(Text)));
        }

        static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

        static void Print(string what, string value) => Console.WriteLine(what + ": " + value.ReplaceLineEndings(" "));
        """;
}
