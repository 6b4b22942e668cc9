using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Onnx;
using PruneTasks.Tests;
using PruneTasks.Text;
using PruneTasks.Zoo;
using ElementType = PruneTasks.Spec.Onnx.ElementType;

namespace PruneTasks.Runtime.Tests.Text;

/// <summary>A language model with states gives what its twin without them gives, step by step.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class LanguageSessionTests
{
    private static readonly int[] Prompt = [3, 1, 4, 1, 5];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void States_are_found_by_the_graph_and_give_the_scores_of_the_twin(bool mask)
    {
        byte[] cached = CachedDecoder.Build(cached: true, mask);
        Assert.Equal(2 * CachedDecoder.Layers, StatesOf(cached).Count);
        Assert.All(StatesOf(cached), pair => Assert.Equal(2, pair.Axis));
        using ModelEngine with = Load(cached), without = Load(CachedDecoder.Build(cached: false));
        using LanguageSession session = Model(with, cached).CreateSession(48), twin = Model(without, null).CreateSession(48);
        Equal(twin.Append(Prompt), session.Append(Prompt));
        for (int i = 0; i < 30; i++)
            Equal(twin.Append([i % CachedDecoder.Vocabulary]), session.Append([i % CachedDecoder.Vocabulary]));
        Assert.Equal(35, session.Length);

        // Taken back, and on another way.
        foreach (LanguageSession one in new[] { session, twin })
            one.Rewind(7);
        Equal(twin.Append([9, 8]), session.Append([9, 8]));
        using LanguageSession fork = session.Fork(), other = twin.Fork();
        Equal(other.Append([2, 2, 2]), fork.Append([2, 2, 2]));
        Equal(twin.Append([6]), session.Append([6]));
        Assert.Equal([.. Prompt, 0, 1, 9, 8, 6], session.Tokens.ToArray());
        Assert.Equal(12, fork.Length);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void States_of_a_whole_attention_layer_in_one_operator_have_the_sizes_of_the_model(bool mask, int groups)
    {
        byte[] file = OnnxWriter.ToBytes(GenerativeZoo.Llama(mask: mask, groups: groups));
        Assert.Equal(4, StatesOf(file).Count);
        using ModelEngine engine = Load(file);
        using LanguageSession steps = Model(engine, file).CreateSession(40), whole = Model(engine, file).CreateSession(40);
        foreach (int token in Prompt)
            steps.Append([token]);
        Equal(whole.Append([.. Prompt, 7]), steps.Append([7]));
        steps.Rewind(3);
        whole.Rewind(0);
        Equal(whole.Append([.. Prompt[..3], 9, 8]), steps.Append([9, 8]));

        static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
        {
            Assert.Contains(expected.ToArray(), score => MathF.Abs(score) > 1e-2f);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-4f);
        }
    }

    [Fact]
    public void A_thousand_steps_over_known_lengths_allocate_nothing()
    {
        byte[] cached = CachedDecoder.Build(cached: true, mask: true);
        using ModelEngine engine = Load(cached);
        using LanguageSession session = Model(engine, cached).CreateSession(40);
        int[] one = [2];
        // Twice, because the states change sides.
        Run(4 * 40);
        Assert.Equal(0, Allocations.Of(() => Run(1000)));

        void Run(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                if (session.Length == 40)
                    session.Rewind(0);
                session.Append(one);
            }
        }
    }

    [Fact]
    public async Task Generation_ends_where_it_must_and_goes_on_where_it_stopped()
    {
        byte[] cached = CachedDecoder.Build(cached: true);
        using ModelEngine engine = Load(cached);
        LanguageModel model = Model(engine, cached);
        using LanguageSession session = model.CreateSession(12);
        List<int> first = await All(session.GenerateAsync(Prompt, new GenerationOptions { MaxNewTokens = 3 })), rest = await All(session.GenerateAsync(default));
        Assert.Equal(3, first.Count);
        Assert.Equal(12 - 5 - 3, rest.Count);
        Assert.Equal(12, session.Length);
        using LanguageSession again = model.CreateSession(12);
        Assert.Equal([.. first, .. rest], await All(again.GenerateAsync(Prompt)));
        again.Rewind(5);
        Assert.Empty(await All(again.GenerateAsync(default, new GenerationOptions { StopTokens = [first[0]] })));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => All(again.GenerateAsync(Prompt, null, new CancellationToken(true))));
        Assert.Equal(5, again.Length);
        Assert.Throws<ArgumentException>(() => { again.Append(new int[8]); });
        Assert.Throws<ModelException>(() => { again.Append([CachedDecoder.Vocabulary]); });
        Assert.Equal(5, again.Length);
        Assert.Equal(first, await All(again.GenerateAsync(default, new GenerationOptions { MaxNewTokens = 3 })));
        await foreach (int token in again.GenerateAsync(default, new GenerationOptions { MaxNewTokens = 2 }))
        {
            Assert.True(token >= 0);
            Assert.Throws<InvalidOperationException>(() => again.Rewind(0));
        }
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { again.Append([1]); });
    }

    [Fact]
    public void Draws_keep_to_the_likeliest_and_follow_the_seed()
    {
        float[] scores = [0f, 3f, 1f, 2.5f, float.NaN];
        Assert.Equal(1, new TokenSampler(new GenerationOptions()).Next(scores));
        int[] Draw(GenerationOptions options)
        {
            TokenSampler sampler = new(options);
            return [.. Enumerable.Range(0, 4000).Select(_ => sampler.Next(scores))];
        }
        int[] free = Draw(new GenerationOptions { Temperature = 1, Seed = 3 });
        double[] weights = [.. scores.Take(4).Select(score => Math.Exp(score))];
        for (int i = 0; i < 4; i++)
            Assert.Equal(weights[i] / weights.Sum(), free.Count(id => id == i) / 4000.0, 0.03);
        Assert.Equal(free, Draw(new GenerationOptions { Temperature = 1, Seed = 3 }));
        Assert.Equal([1, 3], Draw(new GenerationOptions { Temperature = 2, TopK = 2, Seed = 1 }).Distinct().Order());
        // The two likeliest have 0.89 together, the first 0.56.
        Assert.Equal([1, 3], Draw(new GenerationOptions { Temperature = 1, TopP = 0.8f, Seed = 1 }).Distinct().Order());
        Assert.Equal([1], Draw(new GenerationOptions { Temperature = 1, TopP = 0.5f, Seed = 1 }).Distinct());
        Assert.Throws<ModelException>(() => new TokenSampler(new GenerationOptions()).Next([float.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { TopP = 0 });
    }

    private static async Task<List<int>> All(IAsyncEnumerable<int> tokens)
    {
        List<int> all = [];
        await foreach (int token in tokens)
            all.Add(token);
        return all;
    }

    private static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(CachedDecoder.Vocabulary, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }

    private static IReadOnlyList<StatePair> StatesOf(byte[] model)
    {
        using MemoryStream stream = new(model);
        return ModelReading.Read(stream, ModelTask.CausalLanguageModel).States;
    }

    private static LanguageModel Model(ModelEngine engine, byte[]? cached) => new(engine, new TextSettings
    {
        Tokens = "input_ids",
        Positions = engine.InputNames.Contains("position_ids") ? "position_ids" : null,
        Mask = engine.InputNames.Contains("attention_mask") ? "attention_mask" : null,
        Output = engine.OutputNames[0],
        MaxLength = CachedDecoder.Longest,
        States = cached is null ? [] : [.. StatesOf(cached).Select(pair => new StateNames(pair.Past, pair.Present, pair.Axis))],
    }, null);

    private static ModelEngine Load(byte[] model)
    {
        using MemoryStream stream = new(model);
        ModelSignature signature = OnnxSignatureReader.Read(stream);
        List<string> axes = [];
        int[] Shape(PruneTasks.Spec.Onnx.TensorSignature tensor, bool open) => [.. tensor.Axes!.Select(axis =>
        {
            if (axis.Length is { } length)
                return (int)length;
            int at = axes.IndexOf(axis.Symbol!);
            if (at < 0 && open)
                return TensorSignature.Open;
            if (at < 0)
            {
                at = axes.Count;
                axes.Add(axis.Symbol!);
            }
            return -1 - at;
        })];
        TensorSignature[] inputs = [.. signature.Inputs.Select(input => input.ElementType == ElementType.Int64
            ? TensorSignature.Of<long>(input.Name, Shape(input, false)) : TensorSignature.Of<float>(input.Name, Shape(input, false)))];
        TensorSignature[] outputs = [.. signature.Outputs.Select(output => TensorSignature.Of<float>(output.Name, Shape(output, true)))];
        return ModelEngine.Load(new ModelDefinition(typeof(LanguageSessionTests), "decoder", "none", [.. axes], inputs, outputs), model);
    }
}
