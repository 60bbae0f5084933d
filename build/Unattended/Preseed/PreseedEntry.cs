namespace Unattended.Preseed;

/// <summary>An answer of a preconfiguration file: <c>owner question type value</c>.</summary>
/// <param name="Owner">Whose question it is: <c>d-i</c>, or a package.</param>
/// <param name="Question">The question, such as <c>passwd/username</c>.</param>
/// <param name="Type">Its type, such as <c>boolean</c>.</param>
/// <param name="Value">The answer; may be empty.</param>
/// <param name="Line">The line on which it begins, from 1.</param>
internal sealed record PreseedEntry(string Owner, string Question, string Type, string Value, int Line);
