namespace Spoq.Tests.Instances.Kit;

/// <summary>A test in a Debian system of its own, which takes root and <c>scripts/setup</c>; elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DebianFactAttribute : FactAttribute
{
    public DebianFactAttribute() => Skip = DebianTree.Missing;
}
