using System.Text;

namespace PruneTasks.Benchmarks.Fuzz;

/// <summary>Damages an ONNX file: most often as onnx.proto sees it (names, sizes, attributes, whole messages), sometimes as plain bytes.</summary>
/// <remarks>The same number gives the same file. Only files that still parse get deep into the worker, so most mutations leave the coding whole. One file above 12 KB: the kinds of damage are one list to choose from.</remarks>
internal static class OnnxMutator
{
    private static readonly long[] Sizes =
    [
        0, 1, 2, 3, 7, -1, -2, 64, 127, 128, 255, 4096, 65536, int.MaxValue, (long)int.MaxValue + 1, 1L << 32, 1L << 40, long.MaxValue, long.MinValue, 1L << 62, -5, 1000003,
    ];

    private static readonly string[] Operators =
    [
        "ConstantOfShape", "Expand", "Tile", "Range", "Resize", "Upsample", "Pad", "Concat", "Split", "Slice", "Gather", "Reshape", "Transpose", "MatMul", "Gemm", "Conv", "ConvTranspose",
        "BatchNormalization", "LayerNormalization", "Softmax", "Einsum", "Squeeze", "Unsqueeze", "Shape", "Cast", "Where", "NonZero", "OneHot", "TopK", "ReduceMean", "LSTM", "GRU", "If",
        "Loop", "Scan", "QuantizeLinear", "DequantizeLinear", "Identity", "Flatten", "CumSum", "ScatterND", "GatherND", "EyeLike", "Constant", "MaxPool", "DepthToSpace", "NoSuchOperator", "",
    ];

    private static readonly string[] Attributes =
        ["axis", "axes", "perm", "to", "group", "kernel_shape", "pads", "strides", "dilations", "transB", "alpha", "equation", "value", "epsilon", "keepdims", "split", "num_outputs", "allowzero", "auto_pad", "mode"];

    private static readonly string[] Equations = ["ij,jk->ik", "...ij,...jk->...ik", "a,b->ab", "ii->i", "->", "abcdefgh,hgfedcba->a", "ij", ",,->", "i->iiii", "É,É->É"];

    private static readonly string[] Paths =
        ["../x", "/etc/hostname", "C:\\x", "\\\\server\\share\\x", "x\0y", "", ".", "file:///etc/hostname", "a/../../x", "weights.bin/", "con", "weights.bin:stream", "\u202e.bin", "....//x"];

    private static readonly float[] Numbers = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -1e30f, 1e-40f, 0, -0f, 65504, 1e6f];

    /// <summary>Mutant number <paramref name="number"/> of <paramref name="seeds"/>.</summary>
    public static byte[] Mutate(IReadOnlyList<byte[]> seeds, int seed, int number)
    {
        var random = new Random(unchecked((seed * 7919) + number));
        byte[] bytes = seeds[random.Next(seeds.Count)];
        if (random.Next(8) == 0) return Bytes(bytes, seeds, random);
        ProtoMessage model = ProtoMessage.Parse(bytes);
        for (int left = random.Next(1, 5); left > 0; left--) Change(model, random);
        bytes = model.ToBytes();
        return random.Next(16) == 0 ? Bytes(bytes, seeds, random) : bytes;
    }

    /// <summary>A mutant with one or two changes that leave the coding whole, so that most get far: other contents, numbers among the weights that are none, a message more or less.</summary>
    /// <param name="seeds">The seeds.</param>
    /// <param name="seed">Another number, other mutants.</param>
    /// <param name="number">Which.</param>
    /// <param name="which">The seed that it was made of.</param>
    public static byte[] Mildly(IReadOnlyList<byte[]> seeds, int seed, int number, out int which)
    {
        var random = new Random(unchecked((seed * 15485863) + number));
        which = random.Next(seeds.Count);
        ProtoMessage model = ProtoMessage.Parse(seeds[which]);
        for (int left = random.Next(1, 3); left > 0; left--)
        {
            if (random.Next(5) == 0) Poison(model, random);
            else Change(model, random, coding: false);
        }
        return model.ToBytes();
    }

    // Numbers that are none, very large, or hardly there: in one weight, some of its entries or all.
    private static void Poison(ProtoMessage model, Random random)
    {
        ProtoField[] weights = [.. model.All().Where(m => m.Kind == ProtoKind.Tensor).SelectMany(m => m.Fields).Where(f => f is { Number: 9, Wire: 2, Message: null, Bytes.Length: >= 4 })];
        if (weights.Length == 0) return;
        ProtoField field = weights[random.Next(weights.Length)];
        byte[] bytes = [.. field.Bytes];
        float value = Numbers[random.Next(Numbers.Length)];
        int every = random.Next(3) == 0 ? 1 : random.Next(2, 50);
        for (int at = 4 * random.Next(every); at + 4 <= bytes.Length; at += 4 * every) BitConverter.TryWriteBytes(bytes.AsSpan(at), value);
        field.Bytes = bytes;
    }

    private static void Change(ProtoMessage model, Random random, bool coding = true)
    {
        // A kind first, then one of that kind: otherwise weights and dimensions, which are many, would get it all.
        ProtoKind[] kinds = [.. model.All().Select(m => m.Kind).Distinct()];
        ProtoKind kind = kinds[random.Next(kinds.Length)];
        ProtoMessage[] messages = [.. model.All().Where(m => m.Kind == kind)];
        ProtoMessage message = messages[random.Next(messages.Length)];
        if (message.Fields.Count == 0 || random.Next(10) == 0)
        {
            Grow(message, model, random);
            return;
        }
        int at = random.Next(message.Fields.Count);
        ProtoField field = message.Fields[at];
        switch (random.Next(20) is var what && !coding && what is >= 3 and <= 7 ? 8 : what)
        {
            case 0: message.Fields.RemoveAt(at); break;
            case 1: message.Fields.Insert(random.Next(message.Fields.Count + 1), field.Clone()); break;
            case 2:
                int other = random.Next(message.Fields.Count);
                (message.Fields[at], message.Fields[other]) = (message.Fields[other], message.Fields[at]);
                break;
            case 3: field.Number = random.Next(1, 26); break;
            case 4: field.LengthLie = random.Next(-4, 5) * (random.Next(3) == 0 ? 1L << random.Next(40) : 1); break;
            case 5: field.Padding = random.Next(1, 12); break;
            case 6: Rewire(field, random); break;
            case 7: Nest(message, field, random); break;
            default: Content(field, message, model, random); break;
        }
    }

    private static void Content(ProtoField field, ProtoMessage message, ProtoMessage model, Random random)
    {
        if (field.Wire != 2)
        {
            field.Value = random.Next(3) == 0 ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : random.Next(3) == 0 ? field.Value + (ulong)random.Next(-2, 3) : (ulong)Sizes[random.Next(Sizes.Length)];
            return;
        }
        if (field.Message is not null)
        {
            // The same kind of message from elsewhere in the file.
            ProtoMessage[] same = [.. model.All().Where(m => m.Kind == field.Message.Kind)];
            field.Message = same[random.Next(same.Length)].Clone();
            return;
        }
        switch (message.Kind, field.Number)
        {
            case (ProtoKind.Tensor, 9) or (ProtoKind.Tensor, 4) or (ProtoKind.Tensor, 7): Weights(field, random); break;
            case (ProtoKind.Attribute, 7) or (ProtoKind.Attribute, 8): Weights(field, random); break;
            case (ProtoKind.Node, 4): field.Bytes = Encoding.UTF8.GetBytes(Operators[random.Next(Operators.Length)]); break;
            case (ProtoKind.Attribute, 1): field.Bytes = Encoding.UTF8.GetBytes(Attributes[random.Next(Attributes.Length)]); break;
            case (ProtoKind.Attribute, 4): field.Bytes = Encoding.UTF8.GetBytes(Equations[random.Next(Equations.Length)]); break;
            case (ProtoKind.Entry, 2) when random.Next(2) == 0: field.Bytes = Encoding.UTF8.GetBytes(random.Next(2) == 0 ? Paths[random.Next(Paths.Length)] : Sizes[random.Next(Sizes.Length)].ToString(System.Globalization.CultureInfo.InvariantCulture)); break;
            default: Name(field, message, model, random); break;
        }
    }

    private static void Name(ProtoField field, ProtoMessage message, ProtoMessage model, Random random)
    {
        switch (random.Next(8))
        {
            case 0: field.Bytes = []; break;
            case 1: field.Bytes = [0xff, 0xfe, 0x80]; break;
            case 2: field.Bytes = [.. Enumerable.Repeat((byte)'n', random.Next(1, 200_000))]; break;
            case 3: field.Bytes = Encoding.UTF8.GetBytes("ünïcødé\u0000\u202e\n\"<script>"); break;
            default:
                // Most often a name that exists: cycles, duplicates, values of another shape.
                byte[][] names = [.. model.All().Where(m => m.Kind is ProtoKind.Node or ProtoKind.ValueInfo or ProtoKind.Tensor).SelectMany(m => m.Fields)
                    .Where(f => f is { Wire: 2, Message: null, Bytes.Length: > 0 and < 200 }).Select(f => f.Bytes)];
                if (names.Length > 0) field.Bytes = names[random.Next(names.Length)];
                break;
        }
        _ = message;
    }

    private static void Weights(ProtoField field, Random random)
    {
        byte[] bytes = [.. field.Bytes];
        switch (random.Next(5))
        {
            case 0: field.Bytes = bytes[..random.Next(bytes.Length + 1)]; return;
            case 1: field.Bytes = [.. bytes, .. bytes]; return;
            case 2: random.NextBytes(bytes); break;
            default:
                long value = Sizes[random.Next(Sizes.Length)];
                int at = bytes.Length < 8 ? 0 : random.Next(bytes.Length / 8) * 8;
                for (int i = 0; i < 8 && at + i < bytes.Length; i++) bytes[at + i] = (byte)(value >> (8 * i));
                break;
        }
        field.Bytes = bytes;
    }

    private static void Rewire(ProtoField field, Random random)
    {
        field.Bytes = field.Message?.ToBytes() ?? field.Bytes;
        field.Message = null;
        field.Wire = random.Next(8);
    }

    // The same message inside itself, many times: graphs in attributes, types in types, or a kind of message that has no place there.
    private static void Nest(ProtoMessage message, ProtoField field, Random random)
    {
        byte[] content = message.ToBytes();
        for (int depth = random.Next(1, 400); depth > 0 && content.Length < 500_000; depth--)
        {
            var outer = new ProtoMessage(message.Kind);
            outer.Data(field.Number, content);
            content = outer.ToBytes();
        }
        field.Message = null;
        (field.Wire, field.Bytes) = (2, content);
    }

    private static void Grow(ProtoMessage message, ProtoMessage model, Random random)
    {
        switch (message.Kind)
        {
            case ProtoKind.Tensor: message.Number(1, Sizes[random.Next(Sizes.Length)]); break;
            case ProtoKind.Shape: message.Child(1, new ProtoMessage(ProtoKind.Dim).Number(1, Sizes[random.Next(Sizes.Length)])); break;
            case ProtoKind.Attribute: message.Number(8, Sizes[random.Next(Sizes.Length)]); break;
            case ProtoKind.Node:
                ProtoMessage attribute = new ProtoMessage(ProtoKind.Attribute).Text(1, Attributes[random.Next(Attributes.Length)]);
                if (random.Next(2) == 0) attribute.Number(3, Sizes[random.Next(Sizes.Length)]).Number(20, 2);
                else attribute.Number(8, Sizes[random.Next(Sizes.Length)]).Number(8, Sizes[random.Next(Sizes.Length)]).Number(20, 7);
                message.Child(5, attribute);
                break;
            case ProtoKind.Graph:
                ProtoMessage[] nodes = [.. model.All().Where(m => m.Kind == ProtoKind.Node)];
                if (nodes.Length > 0) Double(message, nodes[random.Next(nodes.Length)], random);
                break;
            default: message.Number(random.Next(1, 30), random.NextInt64()); break;
        }
    }

    // A chain in which each node joins the last with itself: 2^n elements after n nodes.
    private static void Double(ProtoMessage graph, ProtoMessage like, Random random)
    {
        byte[]? name = like.Fields.Find(f => f is { Number: 2, Wire: 2 })?.Bytes;
        if (name is null) return;
        string last = Encoding.UTF8.GetString(name);
        int count = random.Next(1, 45);
        for (int i = 0; i < count; i++)
        {
            string next = $"{last.AsSpan(0, Math.Min(20, last.Length))}_{random.Next(1 << 20)}_{i}";
            var node = new ProtoMessage(ProtoKind.Node);
            node.Text(1, last).Text(1, last).Text(2, next).Text(4, random.Next(4) == 0 ? "MatMul" : "Concat");
            node.Child(5, new ProtoMessage(ProtoKind.Attribute).Text(1, "axis").Number(3, random.Next(0, 2)).Number(20, 2));
            graph.Child(1, node);
            last = next;
        }
        graph.Child(12, new ProtoMessage(ProtoKind.ValueInfo).Text(1, last));
    }

    private static byte[] Bytes(byte[] bytes, IReadOnlyList<byte[]> seeds, Random random)
    {
        if (bytes.Length == 0) return bytes;
        switch (random.Next(5))
        {
            case 0: return bytes[..random.Next(bytes.Length)];
            case 1:
                byte[] other = seeds[random.Next(seeds.Count)];
                return [.. bytes[..random.Next(bytes.Length)], .. other[random.Next(other.Length)..]];
            case 2:
                int at = random.Next(bytes.Length), length = random.Next(1, 1 + Math.Min(64, bytes.Length - at));
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 3:
                byte[] noise = new byte[random.Next(1, 32)];
                random.NextBytes(noise);
                int place = random.Next(bytes.Length);
                return [.. bytes[..place], .. noise, .. bytes[place..]];
            default:
                byte[] flipped = [.. bytes];
                for (int flips = random.Next(1, 8); flips > 0; flips--) flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
        }
    }
}
