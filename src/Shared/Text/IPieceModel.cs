namespace PruneTasks.Text;

/// <summary>Splits one word into pieces of the vocabulary.</summary>
internal interface IPieceModel
{
    /// <summary>Adds the ids of a word.</summary>
    void Split(string word, List<int> ids);
}
