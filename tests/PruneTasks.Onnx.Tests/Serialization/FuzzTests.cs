namespace PruneTasks.Onnx.Tests.Serialization;

public sealed class FuzzTests
{
    private const int Mutations = 400;

    [Fact]
    public void Truncated_files_give_a_typed_error_or_a_model()
    {
        byte[] whole = File();
        var random = new Random(1);
        int errors = 0;
        for (int i = 0; i < Mutations; i++) errors += TryLoad(whole.AsMemory(0, random.Next(whole.Length)).ToArray());
        Assert.True(errors > Mutations * 9 / 10, $"{errors} errors");
    }

    [Fact]
    public void Flipped_bits_give_a_typed_error_or_a_model()
    {
        byte[] whole = File();
        var random = new Random(2);
        int errors = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] broken = [.. whole];
            for (int flips = random.Next(1, 6); flips > 0; flips--) broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
            errors += TryLoad(broken);
        }
        Assert.InRange(errors, 1, Mutations - 1);
    }

    public static TheoryData<string> Models() => Samples.All();

    [Theory, MemberData(nameof(Models))]
    public void Real_models_with_flipped_bits_give_a_typed_error_or_a_model(string relative)
    {
        Assert.SkipUnless(Samples.Exist, Samples.Missing);
        byte[] whole = System.IO.File.ReadAllBytes(Path.Combine(Samples.Models, relative));
        // Nodes and their attributes, not the weights: flips there only change numbers.
        OnnxModel model = OnnxReader.Load(whole);
        int start = (int)model.Graph.Nodes[0].Wire!.Message.Origin, end = (int)model.Graph.Nodes[^1].Wire!.Message.Origin;
        var random = new Random(4);
        for (int i = 0; i < 12; i++)
        {
            byte[] broken = [.. whole];
            for (int flips = random.Next(1, 4); flips > 0; flips--) broken[random.Next(start, end)] ^= (byte)(1 << random.Next(8));
            TryLoad(broken);
        }
    }

    [Fact]
    public void Random_bytes_give_a_typed_error()
    {
        var random = new Random(3);
        for (int i = 0; i < Mutations; i++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.Throws<OnnxFormatException>(() => OnnxReader.Load(noise));
        }
    }

    private static byte[] File() => OnnxWriter.ToBytes(SmallModel.WithEverything());

    private static int TryLoad(byte[] bytes)
    {
        try
        {
            OnnxModel model = OnnxReader.Load(bytes);
            Assert.True(bytes.AsSpan().SequenceEqual(OnnxWriter.ToBytes(model)));
            // What reads must also be analysed without a crash.
            CostModel.OfOneSample(model);
            FoldInvariants.Apply(model);
            OnnxReader.Load(OnnxWriter.ToBytes(model));
            return 0;
        }
        catch (OnnxFormatException e)
        {
            Assert.InRange(e.Position, 0, bytes.Length);
            return 1;
        }
    }
}
