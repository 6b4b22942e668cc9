using PruneTasks.CodeFixes.Tests.Harness;

namespace PruneTasks.CodeFixes.Tests;

public sealed class CreationTests
{
    private const string Id = "PRUNE0502";

    [Theory]
    [InlineData("for (int i = 0; i < 3; i++) { using Vit vit = [|new()|]; vit.Classify(new byte[3]); }")]
    [InlineData("foreach (string s in args) { using Vit vit = [|new Vit()|]; vit.Classify(new byte[s.Length]); }")]
    [InlineData("while (args.Length > 0) { using (var vit = await [|Vit.LoadAsync()|]) Console.WriteLine(vit.Name); }")]
    [InlineData("do { Console.WriteLine([|new Vit()|].Classify(new byte[3])); } while (args.Length > 0);")]
    [InlineData("Func<byte[], float> f = image => { using Vit vit = [|new()|]; return vit.Classify(image).Score; }; f([]);")]
    [InlineData("float Classify(byte[] image) { using Vit vit = [|new()|]; return vit.Classify(image).Score; } Classify([]);")]
    public Task Reports_models_of_loops_and_calls(string statements) => Verify.Reports(Id, statements, "PRUNE0501", "PRUNE0507");

    [Fact]
    public Task Reports_models_of_methods_and_properties() => Verify.Reports(Id, """
        sealed class Endpoint
        {
            public Vit Model => [|new()|];
            public Vit Other { get => [|new Vit()|]; }
            public Vit Third { get { return [|new Vit()|]; } }
            public string Post(byte[] body)
            {
                using Vit vit = [|new()|];
                return vit.Classify(new PixelSpan(body, 1, 1, PixelFormat.Rgb24)).Label.ToText();
            }
        }
        """);

    [Theory]
    [InlineData("using Vit vit = new(); foreach (string s in args) vit.Classify(new byte[s.Length]);")]
    [InlineData("foreach (int threads in new[] { 1, 2 }) { using Vit vit = new(new ModelOptions { IntraOpThreads = threads }); vit.Classify(new byte[3]); }")]
    [InlineData("var all = new System.Collections.Generic.List<Vit>(); for (int i = 0; i < 3; i++) all.Add(new Vit());")]
    [InlineData("var all = new System.Collections.Generic.List<Vit>(); for (int i = 0; i < 3; i++) { Vit vit = new(); all.Add(vit); }")]
    [InlineData("Func<Vit> factory = () => new Vit(); using Vit vit = factory(); Console.WriteLine(vit.Name);")]
    [InlineData("void Batch(string folder) { using Vit vit = new(); foreach (string file in new[] { folder }) vit.Classify(new byte[file.Length]); } Batch(\"\");")]
    [InlineData("void Run(string[] args) { using Vit vit = new(); vit.Classify(new byte[args.Length]); } Run(args);")]
    public Task Says_nothing_of_models_for_many_inputs(string code) => Verify.IsClean(code);

    [Fact]
    public Task Says_nothing_of_entry_points_constructors_tests_and_lazy_properties() => Verify.IsClean("""
        static class Program
        {
            static void Main(string[] args) { using Vit vit = new(); vit.Classify(new byte[args.Length]); }
        }
        sealed class Lazy
        {
            private Vit? _vit;
            public Vit Model => _vit ??= new Vit();
            public Vit Eager { get; } = new();
            public Lazy(byte[] first) { using Vit vit = new(); vit.Classify(first); }
        }
        public sealed class VitTests
        {
            [Theory]
            [InlineData(1)]
            public void Classifies(int length) { using Vit vit = new(); for (int i = 0; i < 2; i++) { using Vit other = new(); other.Classify(new byte[length]); } vit.Classify(new byte[length]); }
            private static float Score(byte[] image) { using Vit vit = new(); return vit.Classify(image).Score; }
        }
        """);

    [Fact]
    public Task Fix_moves_the_model_before_the_loop() => Verify.Fixed(Id, """
        foreach (string s in args)
        {
            using Vit vit = new();
            vit.Classify(new byte[s.Length]);
        }
        """, """
        using Vit vit = new();
        foreach (string s in args)
        {
            vit.Classify(new byte[s.Length]);
        }
        """);

    [Fact]
    public Task Fix_moves_an_awaited_model_out_of_two_loops() => Verify.Fixed(Id, """
        class C
        {
            async Task M(string[] all)
            {
                foreach (string s in all)
                {
                    for (int i = 0; i < 2; i++)
                    {
                        using (var vit = await Vit.LoadAsync())
                        {
                            Console.WriteLine(vit.Name + s);
                        }
                    }
                }
            }
        }
        """, """
        class C
        {
            async Task M(string[] all)
            {
                using Vit vit = await Vit.LoadAsync();
                foreach (string s in all)
                {
                    for (int i = 0; i < 2; i++)
                    {
                        {
                            Console.WriteLine(vit.Name + s);
                        }
                    }
                }
            }
        }
        """);

    [Fact]
    public Task Fix_makes_a_field_of_the_model_of_a_call() => Verify.Fixed(Id, """
        class C
        {
            public float Score(byte[] image)
            {
                using Vit vit = new Vit();
                return vit.Classify(image).Score;
            }
        }
        """, """
        class C
        {
            private static readonly Vit _vit = new Vit();

            public float Score(byte[] image)
            {
                return _vit.Classify(image).Score;
            }
        }
        """);

    [Fact]
    public Task Fix_makes_a_field_of_a_model_without_a_name() => Verify.Fixed(Id, """
        class C
        {
            public float Score(byte[] image) => new Vit().Classify(image).Score;
        }
        """, """
        class C
        {
            private static readonly Vit _vit = new Vit();

            public float Score(byte[] image) => _vit.Classify(image).Score;
        }
        """);

    [Fact]
    public Task Fix_loads_a_property_with_its_object() => Verify.Fixed(Id, """
        class C
        {
            public Vit Model => new();
        }
        """, """
        class C
        {
            public Vit Model { get; } = new();
        }
        """);

    [Fact]
    public Task Fix_moves_the_model_out_of_a_lambda_at_the_top_level() => Verify.Fixed(Id, """
        Func<byte[], float> score = image =>
        {
            using Vit vit = new();
            return vit.Classify(image).Score;
        };
        """, """
        using Vit vit = new();
        Func<byte[], float> score = image =>
        {
            return vit.Classify(image).Score;
        };
        """);

    [Fact]
    public Task Fix_is_not_offered_for_a_model_that_depends_on_the_call() => Verify.NotFixed(Id, """
        class C
        {
            public float Score(byte[] image, int threads)
            {
                using Vit vit = new(new ModelOptions { IntraOpThreads = threads });
                return vit.Classify(image).Score;
            }
        }
        """);
}
