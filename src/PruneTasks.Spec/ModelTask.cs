namespace PruneTasks.Spec;

/// <summary>What the model is for; decides what the generated class offers and how agreement is measured.</summary>
public enum ModelTask
{
    /// <summary>Tensors in, tensors out.</summary>
    Generic,

    /// <summary>An image in, one score per class out.</summary>
    ImageClassification,

    /// <summary>Token ids in, one score per class out.</summary>
    TextClassification,

    /// <summary>Token ids in, one vector out.</summary>
    TextEmbedding,

    /// <summary>Token ids in, one score per token of the vocabulary out.</summary>
    CausalLanguageModel,
}

/// <summary>The words of the tasks in specs and manifests.</summary>
public static class ModelTaskWords
{
    /// <summary>The word, for example <c>image-classification</c>.</summary>
    public static string ToWord(this ModelTask task) => task switch
    {
        ModelTask.ImageClassification => "image-classification",
        ModelTask.TextClassification => "text-classification",
        ModelTask.TextEmbedding => "text-embedding",
        ModelTask.CausalLanguageModel => "causal-lm",
        _ => "generic",
    };

    /// <summary>Whether the model takes texts as token ids.</summary>
    public static bool HasText(this ModelTask task) =>
        task is ModelTask.TextClassification or ModelTask.TextEmbedding or ModelTask.CausalLanguageModel;

    /// <summary>The task of a word; null for any other word.</summary>
    public static ModelTask? FromWord(string word)
    {
        foreach (ModelTask task in (ModelTask[])Enum.GetValues(typeof(ModelTask)))
        {
            if (task.ToWord() == word)
                return task;
        }

        return null;
    }
}
