using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Spec.Tests.Reading;

public sealed class PruneSpecReaderTests
{
    private const string Full = """
        # everything
        version: 1
        model: models/vit.onnx
        class: MyVit
        namespace: Acme.Vision
        task: image-classification
        labels: labels.txt
        image: { size: [24, 32], color: bgr, layout: nhwc, scale: 0.5, mean: [0.1, 0.2, 0.3], std: 2,
                 resize: stretch, interpolation: bicubic, crop: none }
        data:
          personal: { path: data/personal, samples: 12 }
          common:   { path: .\data\common }
          test:     { path: data/test }
        prune:
          seed: 7
          align: 4
          exact: false
          ratios: { ffn: 0.5, qk: 2.5e-1 }
        """;

    [Fact]
    public void Every_key_reaches_the_record()
    {
        PruneSpec spec = Good(Full);
        string folder = Path.GetFullPath("app");
        Assert.Equal("vit", spec.Name);
        Assert.Equal(new SpecPath("models/vit.onnx", Path.Combine(folder, "models", "vit.onnx")), spec.Model);
        Assert.Equal(("MyVit", "Acme.Vision", ModelTask.ImageClassification), (spec.ClassName, spec.Namespace, spec.Task));
        Assert.Equal(Path.Combine(folder, "labels.txt"), spec.Labels!.File!.Full);
        ImageSpec image = spec.Image!;
        Assert.Equal((24, 32, "bgr", "nhwc", 0.5), (image.Height, image.Width, image.Color, image.Layout, image.Scale));
        Assert.Equal([0.1, 0.2, 0.3], image.Mean);
        Assert.Equal([2, 2, 2], image.Std);
        Assert.Equal(("stretch", "bicubic", "none"), (image.Resize, image.Interpolation, image.Crop));
        Assert.Equal(new DataSource(new SpecPath("data/personal", Path.Combine(folder, "data", "personal")), 12), spec.Data.Personal);
        Assert.Equal(("data/common", 256), (spec.Data.Common!.Path.Written, spec.Data.Common.Samples));
        Assert.Null(spec.Data.Test!.Samples);
        Assert.Equal((7, 4, false), (spec.Prune.Seed, spec.Prune.Align, spec.Prune.Exact));
        Assert.Equal(new PruneRatios(0.5, 0.25, 0), spec.Prune.Ratios);
        Assert.Null(spec.Prune.Budget);
    }

    [Theory]
    [InlineData("maybe")]
    [InlineData("1")]
    [InlineData("'true'")]
    public void A_switch_is_true_or_false(string value)
    {
        PruneDiagnostic problem = Assert.Single(PruneSpecReader.Read($"version: 1\nprune: {{ exact: {value} }}", "a.prune.yaml").Diagnostics);
        Assert.Contains("true or false", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_smallest_spec_gets_all_defaults()
    {
        PruneSpec spec = Good("version: 1", "app/my-model_2.prune.yaml");
        Assert.Equal(("my-model_2", "my-model_2.onnx", "MyModel2"), (spec.Name, spec.Model.Written, spec.ClassName));
        Assert.Equal((null, ModelTask.Generic), (spec.Namespace, spec.Task));
        Assert.Null(spec.Labels);
        Assert.Null(spec.Image);
        Assert.Equal(new DataSpec(), spec.Data);
        Assert.Equal(new PruneSettings { Seed = 42, Align = 8, Budget = new PruneBudget(0.5, null, null) }, spec.Prune);
    }

    [Fact]
    public void An_image_task_without_image_section_gets_its_defaults()
    {
        ImageSpec image = Good("version: 1\ntask: image-classification").Image!;
        Assert.Equal((null, null, "rgb", "nchw"), (image.Width, image.Height, image.Color, image.Layout));
        Assert.Equal(0.00392156862745098, image.Scale);
        Assert.Equal([0, 0, 0], image.Mean);
        Assert.Equal([1, 1, 1], image.Std);
    }

    [Fact]
    public void Several_budgets_hold_together()
    {
        PruneSpec spec = Good("version: 1\nprune: { budget: { parameters: 0.75, bytes: 1 } }");
        Assert.Equal(new PruneBudget(null, 0.75, 1), spec.Prune.Budget);
    }

    [Fact]
    public void The_budget_may_be_left_to_the_quality()
    {
        PruneSpec spec = Good("version: 1\nprune: { budget: auto }\nquality: { metric: kl, max-drop: 0.05, on-miss: warn }");
        Assert.Equal(new PruneBudget(null, null, null, null, true), spec.Prune.Budget);
        Assert.Equal(new QualityContract("kl", 0.05, "warn"), spec.Quality);
    }

    [Theory]
    [InlineData("prune: { budget: auto }", "quality")]
    [InlineData("quality: { metric: kl }", "quality.max-drop")]
    public void A_limit_of_quality_is_asked_for_where_it_is_needed(string text, string key)
    {
        PruneDiagnostic problem = Assert.Single(PruneSpecReader.Read("version: 1\n" + text, "a.prune.yaml").Diagnostics);
        Assert.Equal(("PRUNE0010", 2), (problem.Id, problem.Line));
        Assert.Contains($"'{key}'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_word_is_no_budget()
    {
        PruneDiagnostic problem = Assert.Single(PruneSpecReader.Read("version: 1\nprune: { budget: small }", "a.prune.yaml").Diagnostics);
        Assert.Contains("or the word 'auto'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void How_to_decide_is_read_section_by_section()
    {
        PruneSpec spec = Good("""
            version: 1
            data:
              personal: { path: a, weight: 2 }
              common: { path: b }
            prune:
              classes: [cat, 7]
              partition: { probes: on, count: 36, solver: omp, bootstrap: 50, common: { max: 0.9 }, personal: { max: 0.5 } }
              buffer: { steps: 4 }
              distill: { steps: 100 }
              prices: probes
              time: 0.5
              method: vbp
              modules: false
              flip: never
            """);
        PruneSettings prune = spec.Prune;
        Assert.Equal((2, 1), (spec.Data.Personal!.Weight, spec.Data.Common!.Weight));
        Assert.Equal(["cat", "7"], prune.Classes);
        Assert.Equal(new PartitionSettings { Probes = "on", Count = 36, Solver = "omp", Bootstrap = 50, CommonMax = 0.9, PersonalMax = 0.5 }, prune.Partition);
        Assert.Equal((new BufferSettings(4, 0.25), new DistillSettings(100)), (prune.Buffer, prune.Distill));
        Assert.Equal(("probes", 0.5, "vbp", false, "never"), (prune.Prices, prune.Time, prune.Method, prune.Modules, prune.Flip));
    }

    [Fact]
    public void Labels_may_be_a_list_also_of_digits()
    {
        Assert.Equal(["0", "1", "true", "a b"], Good("version: 1\nlabels: [0, 1, true, ' a b ']").Labels!.Names);
    }

    [Fact]
    public void A_section_with_all_lines_commented_out_is_absent()
    {
        PruneSpec spec = Good("version: 1\nprune:\n#  seed: 1\nimage:\ndata:\n  personal:\n");
        Assert.Equal(new PruneSettings(), spec.Prune);
        Assert.Null(spec.Data.Personal);
    }

    [Fact]
    public void The_end_of_a_value_is_exclusive()
    {
        PruneDiagnostic diagnostic = PruneSpecReader.Read("version: 1\nprune: { seed: minus }", "a").Diagnostics[0];
        Assert.Equal(new SourceSpan(2, 16, 2, 21), diagnostic.Span);
    }

    [Fact]
    public void Byte_order_mark_and_crlf_do_not_matter()
    {
        string text = "\uFEFF" + Full.ReplaceLineEndings("\r\n");
        Assert.Equal(CanonicalSpec.Write(Good(Full)), CanonicalSpec.Write(Good(text)));
        PruneDiagnostic diagnostic = PruneSpecReader.Read("\uFEFFversion: 1\r\n\r\nmodle: x\r\n", "a").Diagnostics[0];
        Assert.Equal((3, 1), (diagnostic.Line, diagnostic.Column));
    }

    [Fact]
    public void An_alias_bomb_is_refused_quickly()
    {
        string text = "version: 1\na: &a [x,x,x,x,x,x,x,x,x]\n"
            + string.Concat(Enumerable.Range('b', 20).Select(c => $"{(char)c}: &{(char)c} [*{(char)(c - 1)},*{(char)(c - 1)}]\n"));
        SpecReadResult result = PruneSpecReader.Read(text, "a");
        Assert.Contains(result.Diagnostics, d => d.Id == "PRUNE0012");
        Assert.True(result.Diagnostics.Count < 100);
    }

    [Fact]
    public void Deep_nesting_and_huge_files_are_refused()
    {
        Assert.Equal("PRUNE0001", Assert.Single(PruneSpecReader.Read("version: 1\nx: " + new string('[', 100_000), "a").Diagnostics).Id);
        Assert.Equal("PRUNE0001", Assert.Single(PruneSpecReader.Read("version: 1 #" + new string('x', 2_000_000), "a").Diagnostics).Id);
    }

    [Fact]
    public void Damaged_specs_never_throw()
    {
        var random = new Random(5);
        const string characters = "\0\t\n\r -:#&*!|>'\"%@`{}[],?\\a1.~\uFEFF\uD800é";
        for (int round = 0; round < 3000; round++)
        {
            char[] text = Full.ToCharArray();
            for (int hits = random.Next(1, 6); hits > 0; hits--)
                text[random.Next(text.Length)] = characters[random.Next(characters.Length)];
            string damaged = new(text, 0, random.Next(1, text.Length + 1));
            SpecReadResult result = PruneSpecReader.Read(damaged, "app/vit.prune.yaml");
            Assert.Equal(result.Spec is null, result.Diagnostics.Any(d => d.IsError));
            Assert.All(result.Diagnostics, d => Assert.True(d.Line >= 1 && d.Column >= 1, d.ToString()));
        }
    }

    [Fact]
    public void Files_that_cannot_be_read_as_text_are_reported()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("PRUNE0015", Assert.Single(PruneSpecReader.Read(folder["none.prune.yaml"]).Diagnostics).Id);
        File.WriteAllBytes(folder["bad.prune.yaml"], [0x76, 0xff, 0xfe, 0x80]);
        Assert.Contains("UTF-8", Assert.Single(PruneSpecReader.Read(folder["bad.prune.yaml"]).Diagnostics).Message);
        File.WriteAllText(folder["good.prune.yaml"], "version: 1\n", System.Text.Encoding.Unicode);
        Assert.Equal(folder.Path, PruneSpecReader.Read(folder["good.prune.yaml"]).Spec!.Folder);
    }

    [Fact]
    public void Places_of_keys_fall_back_to_the_section_around_them()
    {
        PruneSpec spec = Good(Full);
        Assert.Equal((8, 1), (spec.PlaceOf("image").Line, spec.PlaceOf("image").Column));
        Assert.Equal((15, 9), (spec.PlaceOf("prune.seed").Line, spec.PlaceOf("prune.seed").Column));
        Assert.Equal(spec.PlaceOf("data.test"), spec.PlaceOf("data.test.samples"));
        Assert.Equal(SourceSpan.None, Good("version: 1").PlaceOf("image.size"));
        Assert.Equal((1, 10), (Good("version: 1").PlaceNear("image.size").Line, Good("version: 1").PlaceNear("image.size").Column));
    }

    [Theory]
    [InlineData("vit.prune.yaml", "vit")]
    [InlineData("a/b.v2.prune.YML", "b.v2")]
    [InlineData("x.yaml", "x")]
    [InlineData(".prune.yaml", "model")]
    public void The_name_is_the_stem(string file, string name) => Assert.Equal(name, SpecName.Of(file));

    [Theory]
    [InlineData("my-vit_b16", "MyVitB16")]
    [InlineData("4bit", "Model4bit")]
    [InlineData("--", "Model")]
    [InlineData("class", "Class")]
    [InlineData("résumé 2", "Résumé2")]
    public void The_class_is_the_stem_in_pascal_case(string stem, string name) =>
        Assert.Equal(name, PruneTasks.Spec.Reading.CSharpNames.Pascal(stem));

    private static PruneSpec Good(string text, string file = "app/vit.prune.yaml")
    {
        SpecReadResult result = PruneSpecReader.Read(text, file);
        Assert.Empty(result.Diagnostics);
        return result.Spec!;
    }
}
